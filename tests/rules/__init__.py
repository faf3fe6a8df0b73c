"""What is allowed, what a proof is worth and when to slow down: values in, values out."""
