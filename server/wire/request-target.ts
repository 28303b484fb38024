/**
 * Parses the target of a request. Node passes on whatever stood between the method and the version.
 *
 * @returns null when it is no URL, such as `http://[::1`
 */
export function requestTarget(target: string | undefined): URL | null {
  return URL.parse(target ?? '/', 'http://dom0');
}
