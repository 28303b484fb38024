import { inTime } from '../text/words.js';
import { shortList } from '../../../policy/listing.js';
import type { DomainName } from '../../../policy/names.js';
import { clockTime } from '../text/clock-time.js';
import type { ConsoleEnd, Presence } from '../../wire/console.js';
import type { AtEnd, EndHindrance } from '../../wire/rescue-end.js';
import type { EscapeKey } from '../../../policy/escape-key.js';

/**
 * What the kernel does on a SysRq key, for the customer who must choose one. (Linux,
 * Documentation/admin-guide/sysrq.rst)
 */
const SYSRQ: Readonly<Record<string, string>> = {
  b: 'reboot at once',
  c: 'crash',
  d: 'locks',
  e: 'end all',
  f: 'end the biggest',
  h: 'help',
  i: 'kill all',
  j: 'thaw',
  k: 'kill this console',
  l: 'CPU traces',
  m: 'memory',
  n: 'nice',
  o: 'power off',
  p: 'registers',
  q: 'timers',
  r: 'keyboard',
  s: 'sync',
  t: 'tasks',
  u: 'read-only',
  w: 'blocked',
  z: 'trace buffer',
};

export type ConsoleWords = ReturnType<typeof consoleWords>;

/**
 * What a console says to the customers on it, who leave it with this key. ASCII alone: it stands amid what a
 * guest made of the terminal.
 *
 * @param canTake whether this customer may take the keyboard now; only then the words speak of it
 */
export function consoleWords({ name: esc }: Pick<EscapeKey, 'name'>, canTake: () => boolean) {
  const take = (before: string, what: string): string => (canTake() ? `${before}${esc} t ${what}` : '');
  return {
    help: [
      `${esc} then  .  leave the console        w  who is here`,
      `             t  take the keyboard        s  send a SysRq key`,
      `             r  reboot the server        b  break`,
      `             z  tell it your window size ?  this help`,
      `             ${esc}  send ${esc} itself`,
    ],
    greeting(
      domain: DomainName,
      writes: boolean,
      writer: string | null,
      others: readonly Presence[],
    ): string {
      const how = writes
        ? `Console of ${domain}.`
        : writer === null
          ? `Watching ${domain}.`
          : `Watching ${domain}: ${writer} has the keyboard${take(', ', 'takes it')}.`;
      const participants = others.length === 0 ? '' : ` ${here(others)}`;
      return `${how} ${esc} . leaves, ${esc} ? helps.${participants}`;
    },
    here,
    joined: (who: string): string => `${who} has joined this console.`,
    left: (who: string): string => `${who} has left this console.`,
    youWrite: 'You have the keyboard.',
    youWriteAlready: 'You have the keyboard already.',
    freedForYou: 'Nobody has the keyboard now: type and it is yours.',
    freed: (): string => `Nobody has the keyboard now.${take(' ', 'takes it.')}`,
    taken: (who: string): string =>
      `${who} has the keyboard now; you are watching.${take(' ', 'takes it back.')}`,
    watching: (): string => `You are watching: keys are not sent.${take(' ', 'takes the keyboard.')}`,
    notTaken: 'The keyboard could not be taken.',
    noBreak: `This console has no break. ${esc} s sends a SysRq key.`,
    noBracket: 'Ctrl-] cannot be sent to this server: its host would close the console.',
    unknownKey: `That means nothing here. ${esc} ? helps.`,
    cancelled: 'Nothing was done.',
    lost: `The host does not answer. Trying to come back; ${esc} . leaves.`,
    keysDropped: `The host does not answer: keys are not sent. ${esc} . leaves.`,
    back: 'The host answers again.',
    skipped: (bytes: number): string =>
      `${bytes} bytes came faster than your line takes them and were left out.`,
    off: (domain: DomainName): string => `${domain} is off. The next boot will show here; ${esc} . leaves.`,
    moves: (domain: DomainName): string =>
      `${domain} is being moved to another host. This console follows it.`,
    /** The line between two hosts. */
    moved: (domain: DomainName, host: string): string => `--- ${domain} runs on the host ${host} now ---`,
    /** The line where a migration within its host is over. */
    goesOn: (domain: DomainName): string => `--- ${domain} was moved within its host, and goes on ---`,
    away: (domain: DomainName): string =>
      `${domain} is on its way to another host, or is not set up for this menu there. Its console shows here when it is; ${esc} . leaves.`,
    /** The line between two boots. */
    started: (domain: DomainName, began: string): string => `--- ${domain} started ${clockTime(began)} ---`,
    /** It stays until the guest says something. */
    silent: (domain: DomainName, began: string, canType: boolean): string =>
      `${domain} started ${clockTime(began)} and says nothing yet: above is what was before.${canType ? ' Keys may be lost.' : ''}`,
    waiting: (domain: DomainName): string =>
      `The console of ${domain} cannot be had just now. It shows here when it can; ${esc} . leaves.`,
    locked: (domain: DomainName): string =>
      `An administrator of the host has the console of ${domain} open. It shows here when it is free; ${esc} . leaves.`,
    idle: (seconds: number): string =>
      `Nothing was typed for long: this console is left in ${inTime(seconds)}. Type something, or ${esc} ?, to stay.`,
    idleEnd: (domain: DomainName): string =>
      `The console of ${domain} was left: nothing was typed for too long.`,
    loggedIn: (domain: DomainName): string =>
      `${domain} seems to be left logged in: the next person at its console has that shell.`,
    loggedOut: (domain: DomainName): string =>
      `${domain} seemed to be left logged in: Ctrl-D was sent to its shell.`,
    sizeHint: (guest: string, window: string): string =>
      `The server draws for a window of ${guest}, yours is ${window}: ${esc} z tells it.`,
    askSize: (command: string): string =>
      `Type "${command}" and Enter into the shell there? y types it, any other key does not.`,
    askSizeAnyway: (command: string): string =>
      `That does not look like an empty shell prompt. Type "${command}" all the same? y types it, any other key does not.`,
    notYours: (): string => `Only the person with the keyboard can do that${take(': ', 'takes it')}.`,
    askSysrq: (keys: readonly string[]): string =>
      `Which SysRq key? ${keys.map(sysrqKey).join(', ')}. Any other: none.`,
    noSysrq: 'No SysRq keys can be sent to this server. Press any key.',
    noSuchSysrq: (key: string): string => `The host does not let the SysRq key ${key} through.`,
    pressAnyKey: (why: string): string => `${why} Press any key.`,
    askReboot: (domain: DomainName): string => `Reboot ${domain}? y reboots it, any other key does not.`,
    /** @param left milliseconds */
    rescueEnds: (domain: DomainName, left: number, then: AtEnd, canExtend: boolean): string =>
      `The rescue of ${domain} ends in ${minutes(left)}, then ${AFTER[then]}.${canExtend ? ' The menu, or "extend", gives it more time.' : ''}`,
    rescueOver: (domain: DomainName, then: AtEnd): string =>
      `The time of the rescue of ${domain} is over: it shuts down, then ${AFTER[then]}.`,
    rescueRetry: (domain: DomainName, retryAt: string, why?: EndHindrance): string =>
      why === 'failed'
        ? `The host could not end the rescue of ${domain}: it tries again ${clockTime(retryAt)}.`
        : `${domain} did not shut down at the end of its rescue: it is asked again ${clockTime(retryAt)}.`,
    rescuePaused: (domain: DomainName): string =>
      `The time of the rescue of ${domain} is over. The host's operators have paused it: it ends when they let it go on.`,
    ended: (domain: DomainName, reason: Extract<ConsoleEnd, 'domain-gone' | 'evicted'>): string =>
      reason === 'domain-gone'
        ? `${domain} is gone from its host.`
        : `An administrator of the host has ended your console of ${domain}.`,
  };
}

const AFTER: Readonly<Record<AtEnd, string>> = {
  normal: 'it boots normally',
  reset: 'it boots normally',
  poweroff: 'it stays off',
};

/** Rounded, because a warning comes a moment late. */
function minutes(milliseconds: number): string {
  const count = Math.round(milliseconds / 60_000);
  return count < 1 ? 'less than a minute' : count === 1 ? 'a minute' : `${count} minutes`;
}

function here(others: readonly Presence[]): string {
  if (others.length === 0) return 'Nobody else is here.';
  const shown = others.map(({ label, mode }) => (mode === 'write' ? `${label} (keyboard)` : label));
  return `Also here: ${shortList(shown, 4)}.`;
}

function sysrqKey(key: string): string {
  const word = SYSRQ[key];
  return word === undefined ? key : `${key} ${word}`;
}
