// Two helpers that a page gains when scripts run. Without scripts nothing is missing: the text
// can be selected by hand and the browser can print. No markup is built from strings.

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
