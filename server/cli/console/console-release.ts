import type { DomainName } from '../../../policy/names.js';
import { isRefusal } from '../../../policy/refusal.js';
import { MOST_RELEASE_SECONDS } from '../../wire/console-release.js';
import type { ConsoleRelease } from '../../wire/console-release.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { readOrRefuse } from '../../wire/answer-fields.js';
import { readConsoleReleased } from '../../wire/answers.js';
import { askDom0 } from './dom0-socket.js';

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** Reads a length of time: `90s`, `10m`, `2h`, or `0`. @returns seconds @throws CliError */
export function releaseSeconds(text: string): number {
  const [, count, unit] = /^(0|[1-9][0-9]{0,5})([smh]?)$/.exec(text) ?? [];
  const seconds = Number(count) * (UNIT_SECONDS[unit ?? ''] ?? (count === '0' ? 1 : NaN));
  if (seconds <= MOST_RELEASE_SECONDS) return seconds;
  throw new CliError('--release takes a length of time, like 90s, 10m or 2h, at most 24h, or 0', EXIT.usage);
}

/**
 * Asks the dom0 half to release a console, or to take it back.
 *
 * @returns a text for the admin
 * @throws CliError
 */
export async function releaseConsole(
  socket: string,
  domain: DomainName,
  release: ConsoleRelease,
): Promise<string> {
  const path = `/domains/${encodeURIComponent(domain)}/console`;
  const answer = readOrRefuse(readConsoleReleased, await askDom0(socket, 'PUT', path, release));
  if (isRefusal(answer))
    throw new CliError(`the dom0 half on ${socket} was not understood: ${answer.detail}`);
  if (answer.until === null)
    return `The console of ${domain} is taken back: at once, or as soon as nobody else has it.`;
  return [
    `The console of ${domain} is yours until ${answer.until}: xl console ${domain}`,
    `postern console ${domain} --release 0 gives it back sooner.`,
  ].join('\n');
}
