// A page with react-oidc-context, set up as AWS's quick start for React sets it up. `settings` come from the test.
import { createRoot } from "react-dom/client";
import { AuthProvider, useAuth } from "react-oidc-context";

function App() {
  const auth = useAuth();
  globalThis.auth = auth; // for the test's hands
  if (auth.isLoading) return <p>Loading</p>;
  if (auth.error) return <p role="alert">{auth.error.message}</p>;
  if (!auth.isAuthenticated) return <button onClick={() => auth.signinRedirect()}>Sign in</button>;
  const leave = { client_id: settings.client_id, logout_uri: settings.logout_uri };
  return (
    <main>
      <p>Hello {auth.user.profile.email}</p>
      <button onClick={() => auth.signoutRedirect({ extraQueryParams: leave })}>Sign out</button>
    </main>
  );
}

const { logout_uri, ...given } = settings;
const forgetTheCode = () => window.history.replaceState({}, document.title, window.location.pathname);

createRoot(document.getElementById("root")).render(
  <AuthProvider response_type="code" {...given} onSigninCallback={forgetTheCode}>
    <App />
  </AuthProvider>,
);
