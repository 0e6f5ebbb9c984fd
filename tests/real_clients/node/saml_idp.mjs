// samlify: an identity provider in JavaScript, which verifies the pool's signed requests and answers them.
import * as samlify from "samlify";

// What a schema validator would add is xmllint's; the tests look at what the pool takes.
samlify.setSchemaValidator({ validate: async () => "valid" });

const REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const STATEMENT = (index) =>
  `<saml:AuthnStatement AuthnInstant="{IssueInstant}" SessionIndex="${index}"><saml:AuthnContext>` +
  "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>" +
  "</saml:AuthnContext></saml:AuthnStatement>";
const ATTRIBUTES = [
  { name: "mail", valueTag: "email", nameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:basic", valueXsiType: "xs:string" },
];

export function open({ entityID, origin, privateKey, certificate, serviceProvider, encrypted = false, messageSigned = false }) {
  const { context } = samlify.SamlLib.defaultLoginResponseTemplate;
  const idp = samlify.IdentityProvider({
    entityID,
    privateKey,
    signingCert: certificate,
    isAssertionEncrypted: encrypted,
    nameIDFormat: ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"],
    singleSignOnService: [{ Binding: REDIRECT, Location: `${origin}/sso` }],
    singleLogoutService: [{ Binding: REDIRECT, Location: `${origin}/slo` }],
    wantAuthnRequestsSigned: true,
    wantLogoutRequestSigned: true,
    loginResponseTemplate: { context: context.replace("{AuthnStatement}", STATEMENT("_samlify")), attributes: ATTRIBUTES },
  });
  const sp = serviceProvider && samlify.ServiceProvider({ metadata: serviceProvider, wantMessageSigned: messageSigned });
  const envelope = (address) => {
    const { search, searchParams } = new URL(address);
    const octetString = search.slice(1).split("&Signature=")[0];
    return { query: Object.fromEntries(searchParams), octetString };
  };
  return {
    metadata: () => idp.getMetadata(),
    async answer(address, email) {
      const request = await idp.parseLoginRequest(sp, "redirect", envelope(address));
      const now = new Date();
      const soon = new Date(now.getTime() + 300_000).toISOString();
      const filled = (template) => {
        const id = idp.entitySetting.generateID();
        const consumer = sp.entityMeta.getAssertionConsumerService("post");
        return {
          id,
          context: samlify.SamlLib.replaceTagsByValue(template, {
            ID: id,
            AssertionID: idp.entitySetting.generateID(),
            Destination: consumer,
            SubjectRecipient: consumer,
            Audience: sp.entityMeta.getEntityID(),
            Issuer: entityID,
            IssueInstant: now.toISOString(),
            StatusCode: "urn:oasis:names:tc:SAML:2.0:status:Success",
            ConditionsNotBefore: now.toISOString(),
            ConditionsNotOnOrAfter: soon,
            SubjectConfirmationDataNotOnOrAfter: soon,
            NameIDFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            NameID: email,
            InResponseTo: request.extract.request.id,
            attrEmail: email,
          }),
        };
      };
      const made = await idp.createLoginResponse(sp, request, "post", {}, filled, encrypted);
      return { SAMLResponse: made.context, RelayState: new URL(address).searchParams.get("RelayState") };
    },
    async signOut(address) {
      const request = await idp.parseLogoutRequest(sp, "redirect", envelope(address));
      const made = idp.createLogoutResponse(sp, request, "post");
      return { who: request.extract.nameID, index: request.extract.sessionIndex, SAMLResponse: made.context };
    },
  };
}
