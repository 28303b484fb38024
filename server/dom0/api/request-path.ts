import { refusal } from '../../../policy/refusal.js';
import { requestTarget } from '../../wire/request-target.js';

export const NO_TARGET = refusal('usage', 'The target of the request is neither a path nor a URL.');

/** What a request is for. */
export interface RequestPath {
  /** The parts of the path, decoded; empty when they cannot be. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

/** @returns null when the target is neither a path nor a URL */
export function requestPath(target: string | undefined): RequestPath | null {
  const url = requestTarget(target);
  return url === null ? null : { parts: partsOf(url), query: url.searchParams };
}

function partsOf(url: URL): string[] {
  try {
    return url.pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return [];
  }
}
