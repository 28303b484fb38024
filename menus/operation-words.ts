import type { Action } from '../policy/actions.js';
import { doingWord } from './domain-words.js';
import type { FirstDisk, MenuImage, MenuParameter, WritingProgress } from './menu-domain.js';
import type { OperateAction } from './port.js';
import { duration } from './time-words.js';
import { ACTION_LABELS } from './words.js';

/** Questions before a change of a server, and sentences about its course and its end. */

/** Title of a question before an action. */
export function confirmTitle(action: OperateAction, domain: string): string {
  return `${ACTION_LABELS[action]}: ${domain}`;
}

export function confirmSentences(action: Exclude<OperateAction, 'reinstall'>, domain: string): string[] {
  switch (action) {
    case 'shutdown':
      return [`${domain} is asked to shut down. It stays off until you start it.`];
    case 'reboot':
      return [`${domain} is asked to shut down and starts again. Everybody on it is cut off for a while.`];
    case 'normal':
      return [`${domain} leaves rescue: it shuts down and boots its own system again.`];
    case 'poweroff':
      return [`This cuts the power of ${domain}. Data that is not on the disk is lost.`];
    case 'rescue':
      return [`${domain} shuts down, then boots this other system. Its own system does not run meanwhile.`];
    case 'start':
      return [`${domain} is switched on.`];
  }
}

export function rescueDisks(disks: string): string {
  return `Disks: ${disks}`;
}

/** `With suite: bookworm; mirror: deb.example.net`; empty without parameters. */
export function rescueParameters(parameters: readonly MenuParameter[]): string[] {
  if (parameters.length === 0) return [];
  return [`With ${parameters.map(({ title, value }) => `${title}: ${value ?? NOT_SET}`).join('; ')}`];
}

const NOT_SET = 'not set';

export function rescueBack(hint: string): string {
  return `To go back: ${hint}`;
}

export const RESCUE_CHOOSE = 'Which system shall it boot?';
export const RESCUE_NONE = 'There is no rescue system for this server.';
export const RESCUE_DEFAULT_HINT = 'choose 7 Normal boot in this menu.';

export const REINSTALL_CHOOSE = 'Which system shall be installed?';
export const REINSTALL_NONE = 'There is no system image for this server.';
/** @param back the key or letter that leaves the page */
export function repairInstead(back: string): string {
  return `Do you only need to repair it? ${back}, then 6 Rescue boot: it keeps your data.`;
}

export const REPAIR_INSTEAD =
  'Do you only need to repair it? Choose 6 Rescue boot instead: it keeps your data.';

/** `For a disk of at least 4.0 GiB. Your SSH keys may log in to it.`; empty when there is nothing to say. */
export function imageFacts({ minimumMiB, keys }: Pick<MenuImage, 'minimumMiB' | 'keys'>): string {
  const size =
    minimumMiB === null ? [] : [`For a disk of at least ${bytesWord(minimumMiB * MIB, Math.ceil)}.`];
  return [...size, keys].filter((text) => text !== '').join(' ');
}

/**
 * `It needs a disk of 2.0 GiB, and xvda has 1.0 GiB.`; null where the image fits, or a size is not known.
 *
 * @param needed bytes
 */
export function imageTooLarge(needed: number | null, disk: FirstDisk | undefined): string | null {
  const there = disk?.bytes ?? null;
  if (disk === undefined || needed === null || there === null || needed <= there) return null;
  return `It needs a disk of ${bytesWord(needed, Math.ceil)}, and ${disk.vdev} has ${bytesWord(there)}.`;
}

export function typeTheName(domain: string): string {
  return `Type ${domain} to do it, Esc not to:`;
}

export function wrongWord(dialog: { readonly ask: 'name' | 'remove-used-key' }): string {
  return `That is not ${dialog.ask === 'name' ? 'its name' : 'that word'}. Nothing was done.`;
}

export function asking(action: Action): string {
  return `asking for ${doingWord(action) === 'busy' ? 'it' : (ACTION_NOUNS[action] ?? 'it')} …`;
}

const ACTION_NOUNS: Readonly<Partial<Record<Action, string>>> = {
  start: 'a start',
  shutdown: 'a shut-down',
  poweroff: 'a power-off',
  reboot: 'a reboot',
  rescue: 'a rescue boot',
  normal: 'a normal boot',
  reinstall: 'a reinstallation',
};

export function placeSentence(place: number): string {
  return place === 1 ? 'one server is before it' : `${place} servers are before it`;
}

/** @param elapsed in milliseconds */
export function progressSentence(doing: string, elapsed: number): string {
  return `${doing}, ${duration(elapsed)}`;
}

/** @param left in milliseconds */
export function deadlineSentence(left: number): string {
  return left > 0 ? `gives up in ${duration(left)}` : 'any moment now';
}

/** @param endsRescue nobody asked for it: the rescue was over */
export function bySentence(customer: string, endsRescue = false): string {
  return endsRescue ? 'because its rescue is over' : `asked for by ${customer}`;
}

export const POWER_OFF_NOW = 'power off now';
export const POWER_OFF_FIRST = 'After that it goes on by itself with what you asked for.';

export const POWER_OFF_ENDS_REINSTALL =
  'It also ends the reinstallation before anything is written. Choose it again after that.';

export function acceptedSentence(action: Action, domain: string): string {
  return `${domain}: ${ACTION_NOUNS[action] ?? 'it'} is under way.`;
}

/** Shown after an action has ended. */
export function doneSentence(action: Action, domain: string): string {
  switch (action) {
    case 'start':
      return `${domain} is started. Choose 1 to see its console.`;
    case 'shutdown':
      return `${domain} has shut down.`;
    case 'poweroff':
      return `${domain} is off.`;
    case 'reboot':
      return `${domain} is booting again. Choose 1 to see its console.`;
    case 'rescue':
      return `${domain} runs the system that you chose.`;
    case 'normal':
      return `${domain} boots its own system again. Choose 1 to see its console.`;
    case 'reinstall':
      return `${domain} runs its new system. Choose 1 to see its console.`;
    default:
      return `${domain}: done.`;
  }
}

export function failedSentence(action: Action, domain: string, message: string | null): string {
  const what = ACTION_NOUNS[action] ?? 'it';
  return `${domain}: ${what} did not work${message === null || message === '' ? '.' : `: ${message}`}`;
}

export function supersededSentence(action: Action, domain: string): string {
  return `${domain}: ${ACTION_NOUNS[action] ?? 'it'} was overtaken by a power-off.`;
}

export function goingOn(action: Action, domain: string): string {
  return `${domain} is off. Now for ${ACTION_NOUNS[action] ?? 'it'}.`;
}

export function stillAsking(domain: string): string {
  return `${domain}: one thing after the other. The last choice is still being asked for.`;
}

export function rescueReady(domain: string): string {
  return `${domain} boots the system that you chose. Choose 1 on its page to see it.`;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** `300 MiB`, `1.2 GiB` */
export function bytesWord(bytes: number, round: (amount: number) => number = Math.floor): string {
  return bytes < GIB ? `${round(bytes / MIB)} MiB` : `${(round((bytes / GIB) * 10) / 10).toFixed(1)} GiB`;
}

/** `1.2 GiB of 2.0 GiB, about 40 s left` */
export function writingWords({ done, total, secondsLeft }: WritingProgress): string {
  const left = secondsLeft === null ? '' : `, about ${duration(secondsLeft * 1000)} left`;
  return `${bytesWord(done)} of ${bytesWord(total)}${left}`;
}

/** @param disk the server's first disk; null when it is not known */
export function erasedSentence(domain: string, disk: FirstDisk | null): string {
  const size = disk?.bytes === null || disk === null ? '' : ` (${bytesWord(disk.bytes)})`;
  return `All data on ${disk?.vdev ?? 'the first disk'}${size} of ${domain} is lost for ever.`;
}

export const RESCUE_INSTEAD = 'A rescue boot keeps your data: try it first if you want to mend something.';
export const DISK_INCOMPLETE = 'Its disk is incomplete: reinstall it again, or boot a rescue system.';
