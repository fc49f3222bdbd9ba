/** Which words tell a decision's reason: what is wrong with a token has many names, of which a reader needs one. */

const OF_A_TOKEN = new Set([
  "algorithm_not_allowed", "audience_not_allowed", "bad_signature", "expired", "header_not_allowed", "malformed_token",
  "no_expiry", "not_bearer", "not_yet_valid", "token_too_large", "two_authorization_headers", "unknown", "unknown_key",
  "wrong_issuer", "wrong_token_use",
]);

export function family(reason: string): string {
  return OF_A_TOKEN.has(reason) ? "token_refused" : reason.startsWith("interceptor_") ? "interceptor_failed" : reason;
}
