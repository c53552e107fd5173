/** Whether a URL's host (`[::1]` with its brackets) is this machine, whatever a name server says. */
export function isLoopback(hostname: string): boolean {
  return hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname) || /^(.+\.)?localhost$/.test(hostname);
}
