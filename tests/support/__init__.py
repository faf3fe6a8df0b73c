"""What tests stand on: services, a clock, processes, a browser. It must hold no test."""
