/* The ceremony of a passkey: asks the browser for one, and posts what it answers. It says what stands in the page. Inlined into the two pages that need it. */
(() => {
  const form = document.forms[0];
  const problem = document.getElementById("passkeyProblem");
  const creating = form.dataset.ceremony === "create";
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

  const read = (options) =>
    creating
      ? {
          ...options,
          challenge: bytes(options.challenge),
          user: { ...options.user, id: bytes(options.user.id) },
          excludeCredentials: known(options.excludeCredentials),
        }
      : { ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials) };

  const told = (made) => {
    const given = made.response;
    const response = { clientDataJSON: text(given.clientDataJSON) };
    if (creating) {
      response.attestationObject = text(given.attestationObject);
      response.transports = given.getTransports ? given.getTransports() : [];
    } else {
      response.authenticatorData = text(given.authenticatorData);
      response.signature = text(given.signature);
      response.userHandle = given.userHandle ? text(given.userHandle) : null;
    }
    return {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      authenticatorAttachment: made.authenticatorAttachment,
      clientExtensionResults: made.getClientExtensionResults(),
      response,
    };
  };

  const say = (sentence) => {
    problem.textContent = sentence;
    problem.hidden = false;
  };

  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    problem.hidden = true;
    if (!window.PublicKeyCredential) return say(problem.dataset.unavailable);
    try {
      const publicKey = read(JSON.parse(form.dataset.options));
      const made = await (creating
        ? navigator.credentials.create({ publicKey })
        : navigator.credentials.get({ publicKey }));
      form.elements.credential.value = JSON.stringify(told(made));
      HTMLFormElement.prototype.submit.call(form);
    } catch (refused) {
      say(refused.name === "InvalidStateError" ? problem.dataset.known : problem.dataset.none);
    }
  });
})();
