// aws-jwt-verify as a file that was printed sets it up.
export async function open({ file }) {
  const { idTokens, accessTokens } = await import(file);
  return { verifyId: (token) => idTokens.verify(token), verifyAccess: (token) => accessTokens.verify(token) };
}
