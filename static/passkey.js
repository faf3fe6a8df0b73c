// Passkeys: the one thing that a page cannot do without scripts. The server makes the challenge and
// checks the answer; between them this opens the browser's dialog and puts what it says into a form.

let waiting = null; // The autofill that waits in this page; no other dialog opens before it is ended.

function stop() {
  waiting?.abort();
  waiting = null;
}

const WORDS = { NotAllowedError: "cancelled", InvalidStateError: "already", NotSupportedError: "unsupported", SecurityError: "unsupported" };

// <passkey-ceremony>: see factors/passkey/_ceremony.html, which gives it its words and its button.
customElements.define("passkey-ceremony", class extends HTMLElement {
  connectedCallback() {
    const known = window.PublicKeyCredential;
    this.form = this.closest("form");
    this.start = this.querySelector(".ceremony-start");
    if (!known?.parseRequestOptionsFromJSON || !known.parseCreationOptionsFromJSON) {
      if (!("autofill" in this.dataset)) this.say("unsupported");
      return;
    }
    this.start.hidden = false;
    this.start.addEventListener("click", () => this.ask());
    if ("autofill" in this.dataset) this.offer();
  }

  disconnectedCallback() {
    if ("autofill" in this.dataset) stop();
  }

  say(what) {
    this.querySelector(".ceremony-said").textContent = what ? this.dataset[what] : "";
    this.start.disabled = false;
  }

  async challenge() {
    if (this.dataset.options) return { ceremony: "", options: JSON.parse(this.dataset.options), make: true };
    const answer = await fetch(this.dataset.from, {
      method: "POST",
      headers: { "X-CSRFToken": this.form.elements.csrf_token.value, "HX-Request": "true" },
    });
    const elsewhere = answer.headers.get("HX-Redirect"); // The session ended, or nothing is asked any more.
    if (elsewhere) location.assign(elsewhere);
    if (!answer.ok) throw new DOMException("", answer.status === 429 ? "slow" : elsewhere ? "AbortError" : "failed");
    return answer.json();
  }

  // A click: a dialog of its own, in place of the waiting autofill.
  async ask() {
    stop();
    this.say("");
    this.start.disabled = true;
    try {
      const { ceremony, options, make } = await this.challenge();
      const credential = make
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      this.send(ceremony, credential);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.say(error.name === "slow" ? "slow" : WORDS[error.name] ?? "failed");
      this.start.focus(); // A button that is disabled loses the focus, and keys alone would lose their place.
      if ("autofill" in this.dataset) this.offer();
    }
  }

  // Passkeys among the suggestions of the address field. Silent: nobody has asked for anything.
  async offer() {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    stop();
    const mine = (waiting = new AbortController());
    try {
      const { ceremony, options } = await this.challenge();
      // A challenge ends after minutes, and people leave pages open: a new one takes its place.
      const again = setTimeout(() => { if (waiting === mine) this.offer(); }, options.timeout * 0.9);
      mine.signal.addEventListener("abort", () => clearTimeout(again));
      const credential = await navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), mediation: "conditional", signal: mine.signal,
      });
      clearTimeout(again);
      if (waiting === mine) this.send(ceremony, credential);
    } catch {
      // Ended by another dialog, refused, or no network: the button and the password are there.
    }
  }

  send(ceremony, credential) {
    this.querySelector("[name=ceremony]").value = ceremony;
    this.querySelector("[name=answer]").value = JSON.stringify(credential.toJSON());
    this.form.requestSubmit();
  }
});

// <passkey-signal data-method data-options>: tells the browser's password manager what has changed.
customElements.define("passkey-signal", class extends HTMLElement {
  connectedCallback() {
    const { method, options } = this.dataset;
    // A browser that does not know it, or will not, goes on as before.
    try { window.PublicKeyCredential?.[method]?.(JSON.parse(options))?.catch(() => {}); } catch { /* as before */ }
  }
});

// <passkey-offer>: shown where this very device can make a passkey.
customElements.define("passkey-offer", class extends HTMLElement {
  async connectedCallback() {
    if (await window.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable?.()) this.hidden = false;
  }
});
