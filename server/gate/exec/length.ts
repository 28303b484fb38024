import type { Refusal } from '../../../policy/refusal.js';
import { parseLength } from '../../../menus/rescue-time.js';
import { usage } from './usage.js';

/** Takes `--for 2h`, or `--for=2h`, out of the words. The length is null when it is not there. */
export function takeLength(
  words: readonly string[],
): { readonly forSeconds: number | null; readonly rest: readonly string[] } | Refusal {
  const rest: string[] = [];
  let forSeconds: number | null = null;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word !== '--for' && !word.startsWith('--for=')) {
      rest.push(word);
      continue;
    }
    if (forSeconds !== null) return usage('--for is given twice.');
    const given = word === '--for' ? (words[(at += 1)] ?? '') : word.slice('--for='.length);
    const seconds = parseLength(given);
    if (seconds === undefined)
      return usage('--for takes a length of time, like 90m, 2h or 1d; at most 366d.');
    forSeconds = seconds;
  }
  return { forSeconds, rest };
}
