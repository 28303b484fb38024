import type { DomainName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { LogHead, LogHeadBoot } from '../hosts/log-answer.js';

/** Sentences for customers about the log of a console. */

/** What the customer must know before reading the log; empty when there is nothing unusual. */
export function head(domain: DomainName, about: LogHead | null): string[] {
  if (about === null)
    return [`The host of ${domain} keeps no log on its disk: this is its last output, at most 256 KiB.`];
  const said: string[] = [];
  if (!about.keeping) said.push(`${switchedOff(domain, about.switchedAt)} The lines here are from before.`);
  if (about.place === 'memory')
    said.push(
      `The disk of the host of ${domain} takes no log just now: this is its last output, at most 256 KiB.`,
    );
  if (about.boot !== null) said.push(boot(domain, about.boot));
  return said;
}

function boot(domain: DomainName, { began, profile }: LogHeadBoot): string {
  const when = began === null ? 'began before you had it' : `began at ${time(began)}`;
  return `${domain}: the boot that ${when}, ${profile}.`;
}

function switchedOff(domain: DomainName, since: string | null): string {
  return `The log of ${domain} is switched off${since === null ? '' : ` since ${time(since)}`}.`;
}

/** The answer to a switch. */
export function switched(domain: string, keep: boolean): string {
  return keep
    ? `The log of ${domain} is on: the output of its console is kept.`
    : `The log of ${domain} is off: the output of its console is no longer kept. Older output stays until it is too old.`;
}

export function noSuchBoot(domain: DomainName): Refusal {
  return refusal('no-such-boot', `There is no such boot in the log of ${domain}.`);
}

export function inMemory(domain: DomainName): Refusal {
  return refusal(
    'not-on-this-host',
    `The host of ${domain} has no log on its disk just now: it cannot show one boot alone, and cannot follow the log. NAME log shows the last output.`,
  );
}

export const restsByFault = 'Something went wrong here: the log is not followed any more.';

/** The log is followed, and its host does not answer: it may be upgraded. */
export function waits(domain: DomainName): string {
  return `The host of ${domain} does not answer: the log goes on when it does.`;
}

/** The log is followed again, from where it was. */
export function goesOn(domain: DomainName): string {
  return `The host of ${domain} answers again: the log goes on.`;
}

/** The log was followed, and nothing more will come. */
export function over(domain: DomainName): string {
  return `The log ends here: ${domain} is not on its host any more.`;
}

/** The log was followed, and the domain has moved: the log of that host follows. */
export function moved(domain: DomainName, host: string): string {
  return `--- ${domain} runs on the host ${host} now ---`;
}

/** A part of the log is on a host that cannot be asked. */
export function missingPart(domain: DomainName, hosts: readonly string[]): string[] {
  if (hosts.length === 0) return [];
  return [
    `${domain} ran on another host before. What it said there is missing here: ${hosts.join(', ')} cannot be asked.`,
  ];
}

export function longer(lines: number): string {
  return `These are the last ${lines} lines. There may be more: --lines N, --since 10m, --boot 0.`;
}

/** `2026-11-21 07:15:02 UTC` @param at ISO 8601 */
function time(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
