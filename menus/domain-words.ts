import type { Action } from '../policy/actions.js';
import { guestTypeWord } from '../policy/guest-type.js';
import type { DomainState } from '../policy/domain-state.js';
import type { Lack, MenuDomain } from './menu-domain.js';
import { agoWord } from './time-words.js';

/** Words for the states of a server and for its operations, for the menus and the gate. */

const NOT_KNOWN_YET = '…';

const STATES: Readonly<Record<DomainState, string>> = {
  running: 'running',
  paused: 'paused',
  'shutting-down': 'shutting down',
  rebooting: 'rebooting',
  crashed: 'crashed',
  off: 'off',
  unknown: 'not known',
};

export function stateWord(state: DomainState | null): string {
  return state === null ? NOT_KNOWN_YET : STATES[state];
}

/** As `stateWord`, for a reader who hears it. */
export function plainStateWord(state: DomainState | null): string {
  return STATES[state ?? 'unknown'];
}

/** State of a server whose console an administrator of the host holds alone. */
export function lockedWord(state: string): string {
  return `${state}, locked`;
}

/** Shown instead of the state. */
export function elsewhereWord({ host, moving }: { readonly host: string; readonly moving: boolean }): string {
  return moving ? `moving (${host})` : `on ${host}`;
}

export function elsewhereSentence({
  host,
  moving,
}: {
  readonly host: string;
  readonly moving: boolean;
}): string {
  return moving
    ? `It is being moved to another host (${host}). Its console follows. Nothing is started, ended or changed meanwhile: try again in a minute.`
    : `It runs on the host ${host}, where it is not set up for this menu. Nothing can be done with it from here. Please ask us.`;
}

/** State of a server whose disk a reinstallation did not finish. */
export function incompleteWord(state: string): string {
  return `${state}, incomplete`;
}

export const NO_TEXT_CONSOLE = 'It has no text console: its file has no `serial`.';

export const CONSOLE_LOCKED = 'An administrator of the host has its console open.';

/** A running operation, as a state. */
const DOING: Readonly<Partial<Record<Action, string>>> = {
  start: 'starting',
  shutdown: 'shutting down',
  poweroff: 'powering off',
  reboot: 'rebooting',
  rescue: 'into rescue',
  normal: 'out of rescue',
  reinstall: 'reinstalling',
};

export function doingWord(action: Action): string {
  return DOING[action] ?? 'busy';
}

const STEPS: Readonly<Record<string, string>> = {
  waiting: 'waiting its turn',
  'shutting-down': 'shutting down',
  'powering-off': 'powering off',
  rebooting: 'rebooting',
  'checking-image': 'checking the image',
  writing: 'writing its disk',
  creating: 'getting the server ready',
  'attaching-console': 'connecting its console',
  unpausing: 'letting it go',
  'sending-sysrq': 'sending the key',
  undoing: 'putting things back',
};

export function stepWord(step: string, action: Action): string {
  return STEPS[step] ?? doingWord(action);
}

export const COLUMN_HEADS = {
  server: 'SERVER',
  state: 'STATE',
  boot: 'BOOT',
  memory: 'MEMORY',
  vcpus: 'VCPUS',
  cpu: 'CPU',
  since: 'SINCE',
} as const;

export const FACTS = {
  boot: 'Boot',
  memory: 'Memory',
  vcpus: 'VCPUs',
  cpu: 'CPU',
  role: 'You are',
  type: 'Type',
  since: 'since',
} as const;

export function bootWord(profile: string | null): string {
  return profile ?? NOT_KNOWN_YET;
}

export function memoryWord(mebibytes: number | null): string {
  if (mebibytes === null) return NOT_KNOWN_YET;
  if (mebibytes >= 1024 && mebibytes % 1024 === 0) return `${mebibytes / 1024} GiB`;
  return `${mebibytes} MiB`;
}

export function countWord(count: number | null): string {
  return count === null ? NOT_KNOWN_YET : `${count}`;
}

export function percentWord(percent: number | null): string {
  return percent === null ? '-' : `${Math.round(percent)} %`;
}

export function seenSentence(age: number): string {
  return `seen ${agoWord(age)}`;
}

export function unreachableSentence({ lack }: Pick<MenuDomain, 'lack'>, age: number | null): string {
  if (lack !== undefined) return LACK_SENTENCES[lack];
  return age === null
    ? 'The host of this server does not answer.'
    : `The host of this server does not answer. Last seen ${agoWord(age)}.`;
}

/** As `unreachableSentence`, for little room. */
export function unreachableWord(domain: Pick<MenuDomain, 'lack'>, age: number | null): string {
  const mark = unreachableMark(domain);
  return age === null ? mark : `${mark}, ${seenSentence(age)}`;
}

/** The same in two or three words. */
export function unreachableMark({ lack }: Pick<MenuDomain, 'lack'>): string {
  return lack === 'nowhere' ? 'on no host' : 'no answer';
}

const LACK_SENTENCES: Readonly<Record<Lack, string>> = {
  nowhere: 'No host has this server now. Please ask us.',
  unheard: 'No host that answers has this server, and not every host answers.',
};
export const ASKING_HOST = 'asking the host …';

/** On a page while a server runs a system other than its own. */
export function profileBanner(title: string): string {
  return `Booted with: ${title}.`;
}

export const PROFILE_UNKNOWN = 'Booted in a way this menu does not know; an administrator may have done so.';

/** Memory, VCPUs, load and type as one line. */
export function plainFacts({
  memoryMiB,
  vcpus,
  cpuPercent,
  type,
}: Pick<MenuDomain, 'memoryMiB' | 'vcpus' | 'cpuPercent' | 'type'>): string {
  return [
    `${FACTS.memory} ${memoryWord(memoryMiB)}`,
    `${FACTS.vcpus} ${countWord(vcpus)}`,
    `${FACTS.cpu} ${percentWord(cpuPercent)}`,
    type === null ? [] : `${FACTS.type} ${guestTypeWord(type)}`,
  ]
    .flat()
    .join(', ');
}

export function plainState(domain: string, state: string): string {
  return `${domain} is ${state}.`;
}

/** @param profile null when not known */
export function plainDomain(domain: string, state: string, profile: string | null): string {
  return profile === null ? `${domain}: ${state}` : `${domain}: ${state}, boot ${profile}`;
}
