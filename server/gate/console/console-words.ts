import type { DomainName } from '../../../policy/names.js';
import type { ConsoleEnd, Presence } from '../../wire/console.js';

/** What a console says to who is on it. ASCII alone: it stands amid what a guest made of the terminal. */

export const HELP: readonly string[] = [
  'Ctrl-] then  .  leave the console        w  who is here',
  '             t  take the keyboard        s  send a SysRq key',
  '             r  reboot the server        b  break',
  '             Ctrl-]  send Ctrl-] itself  ?  this help',
];

export function greeting(
  domain: DomainName,
  writes: boolean,
  writer: string | null,
  others: readonly Presence[],
): string {
  const how = writes
    ? `Console of ${domain}.`
    : writer === null
      ? `Watching ${domain}.`
      : `Watching ${domain}: ${writer} has the keyboard, Ctrl-] t takes it.`;
  const company = others.length === 0 ? '' : ` ${here(others)}`;
  return `${how} Ctrl-] . leaves, Ctrl-] ? helps.${company}`;
}

export function here(others: readonly Presence[]): string {
  if (others.length === 0) return 'Nobody else is here.';
  const shown = others
    .slice(0, 4)
    .map(({ label, mode }) => (mode === 'write' ? `${label} (keyboard)` : label));
  const more = others.length > 4 ? ` and ${others.length - 4} more` : '';
  return `Also here: ${shown.join(', ')}${more}.`;
}

export const joined = (who: string): string => `${who} has joined this console.`;
export const left = (who: string): string => `${who} has left this console.`;
export const youWrite = 'You have the keyboard.';
export const youWriteAlready = 'You have the keyboard already.';
export const freedForYou = 'Nobody has the keyboard now: type and it is yours.';
export const freed = 'Nobody has the keyboard now. Ctrl-] t takes it.';
export const taken = (who: string): string =>
  `${who} has the keyboard now; you are watching. Ctrl-] t takes it back.`;
export const watching = 'You are watching: keys are not sent. Ctrl-] t takes the keyboard.';
export const notTaken = 'The keyboard could not be taken.';
export const noBreak = 'This console has no break. Ctrl-] s sends a SysRq key.';
export const noEscape = 'Ctrl-] cannot be sent to this server: its host would close the console.';
export const unknownKey = 'That means nothing here. Ctrl-] ? helps.';
export const cancelled = 'Nothing was done.';
export const lost = 'The host does not answer. Trying to come back; Ctrl-] . leaves.';
export const keysDropped = 'The host does not answer: keys are not sent. Ctrl-] . leaves.';
export const back = 'The host answers again.';
export const skipped = (bytes: number): string =>
  `${bytes} bytes came faster than your line takes them and were left out.`;
export const off = (domain: DomainName): string =>
  `${domain} is off. The next boot will show here; Ctrl-] . leaves.`;
export const locked = (domain: DomainName): string =>
  `An administrator of the host has the console of ${domain} open. It shows here when it is free; Ctrl-] . leaves.`;

export function askSysrq(keys: readonly string[]): string {
  return keys.length === 0
    ? 'No SysRq keys can be sent to this server. Press any key.'
    : `Which SysRq key? ${keys.join(' ')}   Any other: none.`;
}

export const askReboot = (domain: DomainName): string =>
  `Reboot ${domain}? y reboots it, any other key does not.`;

export function ended(domain: DomainName, reason: Extract<ConsoleEnd, 'domain-gone' | 'evicted'>): string {
  return reason === 'domain-gone'
    ? `${domain} is gone from its host.`
    : `An administrator of the host has ended your console of ${domain}.`;
}
