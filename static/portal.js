// Helpers that a page gains when scripts run. Without scripts nothing is missing: the text can be
// selected by hand, the browser can print, a link is clicked. No markup is built from strings.

function button(words, act) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button button-quiet";
  element.textContent = words;
  element.addEventListener("click", () => act(element));
  return element;
}

// <copy-text for="id" data-label="Copy" data-done="Copied">: copies the text of another element.
customElements.define("copy-text", class extends HTMLElement {
  connectedCallback() {
    if (this.firstChild || !navigator.clipboard) return;
    const said = document.createElement("span");
    said.className = "unseen";
    said.setAttribute("role", "status");
    this.append(button(this.dataset.label, async (pressed) => {
      const source = document.getElementById(this.getAttribute("for"));
      try {
        await navigator.clipboard.writeText("value" in source ? source.value : source.textContent);
      } catch {
        // The browser refused: open and select the text, so that the person can copy it.
        source.closest("details")?.setAttribute("open", "");
        if (source.select) source.select();
        else getSelection().selectAllChildren(source);
        return;
      }
      pressed.textContent = said.textContent = this.dataset.done;
      setTimeout(() => { pressed.textContent = this.dataset.label; said.textContent = ""; }, 4000);
    }), said);
  }
});

// <print-page data-label="Print">: opens the browser's print dialog.
customElements.define("print-page", class extends HTMLElement {
  connectedCallback() {
    if (!this.firstChild) this.append(button(this.dataset.label, () => window.print()));
  }
});

// <start-download>: follows the link in it where the address asks for it with #download. The mark
// is taken off first, so that loading the page again downloads nothing again.
customElements.define("start-download", class extends HTMLElement {
  connectedCallback() {
    if (location.hash !== "#download") return;
    history.replaceState(history.state, "", location.pathname + location.search);
    this.querySelector("a").click();
  }
});

// <desk-lock data-left="300" data-look="/desk/lock" data-activity="/desk/activity">: at a shared
// desk the server locks a session that nobody uses. The page says so a minute before, then hides
// what it shows and leads to the way back in. Looking keeps nothing awake; a key or a click does.
const WARN_MS = 60_000;
const AGAIN_MS = 60_000;
const RETRY_MS = 5_000;

customElements.define("desk-lock", class extends HTMLElement {
  connectedCallback() {
    [this.warning, this.closed] = this.querySelectorAll(".desk-note");
    this.told = Date.now();
    // Voice control and screen readers press a button by a click alone (WCAG 2.2.1).
    for (const kind of ["keydown", "pointerdown", "wheel", "click"]) {
      document.addEventListener(kind, (event) => event.isTrusted && this.used(), { passive: true });
    }
    document.addEventListener("input", (event) => { this.typed = event.target.form; });
    // A computer that slept, or a tab in the background, may wake long after its time.
    document.addEventListener("visibilitychange", () => document.hidden || this.pass());
    addEventListener("pageshow", () => this.pass());
    this.expect(Number(this.dataset.left));
  }

  // The server said how long is left.
  expect(seconds) {
    this.locksAt = Date.now() + seconds * 1000;
    this.warning.hidden = this.locksAt - Date.now() > WARN_MS;
    this.closed.hidden = true;
    document.body.classList.remove("desk-locked");
    this.wait(this.locksAt - Date.now() - (this.warning.hidden ? WARN_MS : 0));
  }

  wait(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.pass(), Math.max(1000, milliseconds));
  }

  // A moment has come: to warn, or to lock. Another window may have been used meanwhile.
  pass() {
    const left = this.locksAt - Date.now();
    if (left <= 0) document.body.classList.add("desk-locked");
    if (left <= WARN_MS) this.ask(this.dataset.look);
    else this.wait(left - WARN_MS);
  }

  used() {
    const now = Date.now();
    if (now >= this.locksAt || (this.warning.hidden && now - this.told < AGAIN_MS)) return;
    this.told = now;
    this.ask(this.dataset.activity);
  }

  async ask(address) {
    let answer;
    try {
      answer = await fetch(address, {
        headers: { "HX-Request": "true", "HX-Current-URL": location.href },
      });
    } catch {
      answer = null;
    }
    const elsewhere = answer?.headers.get("HX-Redirect");
    const left = Number(answer?.headers.get("Retry-After"));
    if (elsewhere) {
      this.leave(elsewhere);
    } else if (answer?.status === 204 && left) {
      this.expect(left);
    } else {
      // Not reached: what was hidden stays so.
      this.closed.hidden = Date.now() < this.locksAt;
      this.warning.hidden ||= !this.closed.hidden;
      this.wait(RETRY_MS);
    }
  }

  // A form that was being filled in is sent without its token: so nothing is done, and the portal
  // keeps what was typed until its person is back.
  leave(elsewhere) {
    clearTimeout(this.timer);
    document.body.classList.add("desk-locked");
    const form = this.typed;
    const token = form?.isConnected && form.querySelector("[name=csrf_token]");
    if (token && form.method === "post" && !form.querySelector("[type=password]")) {
      token.value = "";
      HTMLFormElement.prototype.submit.call(form);
    } else {
      location.replace(elsewhere);
    }
  }
});

// The bar of a role's places is wider than a phone: bring the place where one is into view.
const here = document.querySelector(".work [aria-current]")?.getBoundingClientRect();
if (here) {
  const bar = document.querySelector(".work ul");
  const frame = bar.getBoundingClientRect();
  bar.scrollBy(here.left + here.width / 2 - frame.left - frame.width / 2, 0);
}
