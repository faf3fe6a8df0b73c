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

// The bar of a role's places is wider than a phone: bring the place where one is into view.
const here = document.querySelector(".work [aria-current]")?.getBoundingClientRect();
if (here) {
  const bar = document.querySelector(".work ul");
  const frame = bar.getBoundingClientRect();
  bar.scrollBy(here.left + here.width / 2 - frame.left - frame.width / 2, 0);
}
