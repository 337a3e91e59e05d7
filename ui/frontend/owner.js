/* Stores the owner's token as a cookie; a token that the browser already has wins. */
export default function ({ data }) {
  if (!data || document.cookie.split("; ").some((pair) => pair.startsWith(`${data.name}=`))) return;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.name}=${data.token}; Max-Age=${data.maxAge}; Path=/; SameSite=Strict${secure}`;
}
