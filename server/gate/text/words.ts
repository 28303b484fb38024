import { stepWord } from '../../../menus/domain-words.js';
import { agoWord } from '../../../menus/time-words.js';
import type { Action } from '../../../policy/actions.js';
import type { ParameterValues } from '../../../policy/boot-parameter.js';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { Recorded } from '../../../policy/recorded.js';
import type { Refusal } from '../../../policy/refusal.js';
import { refusal } from '../../../policy/refusal.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import type { ParameterOffer, Verb } from '../../wire/contract.js';
import type { GuestPart } from '../../wire/guest-name.js';
import type { OperationView, WireRefusal } from '../../wire/operation.js';

/** The gate's sentences for customers. Consoles, the console log and the menus have files of their own. */

/** One sentence for every name that the customer may not see, whatever the reason. */
export function noSuchDomain(detail: string): Refusal {
  return refusal('no-such-domain', 'There is no such server, or it is not yours.', detail);
}

export function suspended(): Refusal {
  return refusal('customer-suspended', 'Your account is suspended. Please ask us about it.');
}

export function keyRevoked(): Refusal {
  return refusal('key-revoked', 'The key of this connection is no longer registered. Log in with another.');
}

export function keyOver(detail: string): Refusal {
  return refusal('key-revoked', 'The key of this connection has expired. Log in with another.', detail);
}

export function keyNotAllowed(detail: string): Refusal {
  return refusal(
    'key-revoked',
    'The key of this connection is not allowed any more. Log in with another.',
    detail,
  );
}

export function tooFast(): Refusal {
  return refusal(
    'too-many',
    'You ask for too much at once. Wait a moment.',
    'over the pace of one customer; not recorded',
  );
}

export function auditUnavailable(detail: string): Refusal {
  return refusal(
    'audit-unavailable',
    'Nothing can be changed just now: the log that must record it cannot be written. You can still look.',
    detail,
  );
}

/** At the top of the menu, and for every change that maintenance refuses. */
export function maintenance({ sentence: text, until }: Pick<MaintenanceRow, 'sentence' | 'until'>): string {
  const end = until === null ? '' : ` (until ${until.slice(0, 16).replace('T', ' ')} UTC)`;
  return `Maintenance${end}: ${sentence(text)}`;
}

export function inMaintenance(row: MaintenanceRow): Refusal {
  return refusal('maintenance', maintenance(row), `maintenance since ${row.since}: ${row.sentence}`);
}

/** From an admin to all who are logged in. */
export function announced(text: string): string {
  return `From the administrators: ${sentence(text)}`;
}

export function hostUnreachable(domain: DomainName, detail: string): Refusal {
  return refusal(
    'host-unreachable',
    `The host of ${domain} does not answer just now. Please try again in a moment.`,
    detail,
  );
}

/**
 * The request may or may not have arrived. The customer reads that, and the outcome is recorded when the host
 * is back.
 */
export function hostLostMeanwhile(domain: DomainName, detail: string): Refusal {
  return refusal(
    'host-unreachable',
    `The host of ${domain} stopped answering: your request may or may not have arrived. Look at its state before you ask again.`,
    detail,
  );
}

export function notOnThisHost(domain: DomainName, what: string): Refusal {
  return refusal('not-on-this-host', `${capital(what)} is not possible on the host of ${domain} yet.`);
}

export function notOnAnyHost(domain: DomainName): Refusal {
  return refusal('not-on-this-host', `${domain} is not on any host now.`);
}

/**
 * @param why `running`: it is seen there; `unknown`: that host does not know; `silent`: that host may be
 *   running it and does not answer; `untold`: that host's dom0 half does not tell what else runs there
 * @param guest its name there, if that is another
 */
export function maybeElsewhere(
  domain: DomainName,
  host: string,
  why: 'running' | 'unknown' | 'silent' | 'untold',
  guest: string = domain,
): Refusal {
  const reason = {
    running: 'it is running on another host',
    unknown: 'another host may be running it, and cannot say just now',
    silent: 'another host may be running it, and does not answer',
    untold: 'another host may be running it, and does not tell. Please ask us',
  }[why];
  const detail = {
    running: `${guest} runs on ${host}`,
    unknown: `the toolstack of ${host} does not answer`,
    silent: `${reason}: ${host}`,
    untold: `the dom0 half of ${host} does not tell what runs there without a configuration file: upgrade it`,
  }[why];
  return refusal(
    why === 'running' ? 'wrong-state' : 'host-unreachable',
    `${domain} cannot be started here: ${reason}.`,
    detail,
  );
}

/** The domain is on a host where it is not managed. */
export function astray(domain: DomainName, host: string, part: GuestPart): Refusal {
  return refusal(
    'wrong-state',
    `${strayState(host, part, domain)}. Nothing can be done with it there from here. Please ask us.`,
    `${domain} is on ${host}, which has no configuration file of it`,
  );
}

function strayState(host: string, part: GuestPart, domain: DomainName): string {
  return part === 'runs'
    ? `${domain} is running on ${host}`
    : `${domain} is being moved to another host, on ${host}`;
}

const UNFIT = {
  running: 'It is running already.',
  off: 'It is off.',
  crashed: 'It has crashed. Power it off first.',
  paused: 'It is paused by the operators of its host.',
  rebooting: 'It is rebooting.',
  normal: 'It runs its normal boot already.',
} as const;

/** Why a choice makes no sense now. */
export type Unfit = keyof typeof UNFIT;

export function unfit(why: Unfit): Refusal {
  return refusal('wrong-state', UNFIT[why]);
}

export function chooseProfile(domain: DomainName, profiles: readonly BootProfileName[]): Refusal {
  if (profiles.length === 0)
    return refusal('no-such-profile', `There is no rescue profile for ${domain} on its host.`);
  return refusal('no-such-profile', `Say which rescue profile: ${profiles.join(', ')}.`);
}

export function noSuchProfile(profiles: readonly BootProfileName[]): Refusal {
  const known = profiles.length === 0 ? 'There is none for this server.' : `Known: ${profiles.join(', ')}.`;
  return refusal('no-such-profile', `There is no such rescue profile. ${known}`);
}

/** An admin has to set something first: the customer reads what, and the log says how. */
export function notSetUp(
  domain: DomainName,
  unfit: readonly ParameterOffer[],
  set: ParameterValues,
): Refusal {
  const titles = unfit.map(({ title }) => title).join(', ');
  const why = unfit.map(({ name, values }) => {
    const allowed = values === null ? '' : `, one of ${values.join(', ')}`;
    const value = set[name];
    return value === undefined
      ? `${name} is not set for ${domain} (postern domain set ${domain} ${name}=…${allowed})`
      : `${name}=${value} is not allowed by its host${allowed}`;
  });
  return refusal(
    'not-on-this-host',
    `This is not set up for ${domain} yet: ${titles}. Please ask us to set it.`,
    why.join('; '),
  );
}

export function nothingGiven(): Refusal {
  return refusal('usage', 'Nothing was given. Nothing was done.');
}

export function notConfirmed(): Refusal {
  return refusal('needs-confirmation', 'Not confirmed. Nothing was done.');
}

export function outcomeLost(domain: DomainName): Refusal {
  return refusal(
    'host-unreachable',
    `The host of ${domain} no longer knows how that ended. Look at its state.`,
  );
}

/** Nobody types in the menu: warns of its end. */
export function menuIdle(seconds: number): string {
  const time = seconds >= 55 ? 'a minute' : seconds === 1 ? 'a second' : `${seconds} seconds`;
  return `Nothing was typed for long: this session ends in ${time}. Press a key to stay.`;
}

export const menuIdleEnd = 'This session was ended: nothing was typed for too long.';

/**
 * Shown to a customer who comes to a console, or is on it when its recording begins. In 80 columns it is one
 * line, so that the ID is whole.
 */
export function recorded(id: string, record: Exclude<Recorded, 'off'>): string {
  const what = record === 'input' ? 'all you see and type, passwords too' : 'the screen, not your keys';
  return `This visit is recorded: ${what}. ID ${id}.`;
}

export const notRecorded = 'This visit cannot be recorded just now. It goes on without a recording.';

export const noLongerRecorded = 'This visit is no longer recorded.';

export const noRoomToRecord = 'The recording of this visit is full. The rest is not recorded.';

export function mustBeRecorded(domain: DomainName, detail: string): Refusal {
  return refusal(
    'recording-unavailable',
    `Visits to the console of ${domain} must be recorded, and that is not possible just now. Please tell us.`,
    detail,
  );
}

export function cannotBeRecorded(domain: DomainName): string {
  return `The console of ${domain} was left: the visit must be recorded, and that is not possible any more. Please tell us.`;
}

export function recordingFull(domain: DomainName): string {
  return `The console of ${domain} was left: the visit must be recorded, and its recording is full. Come again for a new one.`;
}

export const noRecordings = 'No visit of yours to a console is recorded.';

/** Shown in place of how long a recording took. */
export const runs = 'goes on';

export const recordedParts: Readonly<Record<Exclude<Recorded, 'off'>, string>> = {
  output: 'screen',
  input: 'screen and keys',
};

/** One sentence for every recording that the customer may not see, whatever the reason. */
export function noSuchRecording(detail: string): Refusal {
  return refusal('no-such-recording', 'There is no such recording, or it is not yours.', detail);
}

/** A right was taken away while it was in use. */
export function rightLost(domain: DomainName, no: Refusal): string {
  return no.code === 'no-such-domain' ? `${domain} is no longer yours to use.` : no.message;
}

/** A fault of ours; the id lets an admin find it in the log. */
export function fault(connection: string): Refusal {
  return refusal(
    'internal',
    `Something went wrong here, not at your end. If you ask us about it, say ${connection}.`,
  );
}

/** `rebooting, asked for by bob 12 s ago (shutting down)` */
function underWay(operation: OperationView, now: Date): string {
  const age = agoWord(now.getTime() - Date.parse(operation.startedAt));
  const place = operation.place > 0 ? `, ${operation.place} before it` : '';
  return `${actionWord(operation.verb)}, asked for by ${operation.by} ${age} (${stepWord(operation.step, operation.verb)}${place})`;
}

export function step(operation: OperationView): string {
  const place = operation.place > 0 ? ` (${operation.place} before it)` : '';
  return `${stepWord(operation.step, operation.verb)}${place}`;
}

const BEGUN: Readonly<Record<Verb, (domain: DomainName, profile: string | null) => string>> = {
  start: (domain) => `${domain} is starting.`,
  shutdown: (domain) => `${domain} is asked to shut down.`,
  poweroff: (domain) => `${domain} is being powered off.`,
  reboot: (domain) => `${domain} is asked to reboot.`,
  rescue: (domain, profile) => `${domain} is going into rescue${profile === null ? '' : ` with ${profile}`}.`,
  normal: (domain) => `${domain} is going back to its normal boot.`,
  sysrq: (domain) => `The SysRq key is on its way to ${domain}.`,
};

const ENDED: Readonly<Record<Verb, (domain: DomainName, profile: string | null) => string>> = {
  start: (domain) => `${domain} is running.`,
  shutdown: (domain) => `${domain} is off.`,
  poweroff: (domain) => `${domain} is powered off.`,
  reboot: (domain) => `${domain} has rebooted.`,
  rescue: (domain, profile) => `${domain} runs ${profile ?? 'its rescue system'} now.`,
  normal: (domain) => `${domain} is back to its normal boot.`,
  sysrq: (domain) => `The SysRq key was sent to ${domain}.`,
};

const ALREADY: Readonly<Partial<Record<Verb, string>>> = {
  start: 'is running already',
  shutdown: 'is off already',
  poweroff: 'is off already',
  reboot: 'is rebooting already',
  normal: 'runs its normal boot already',
};

/** There was nothing to do. */
export function already(operation: OperationView): string {
  const so = ALREADY[operation.verb];
  return so === undefined ? ended(operation) : `${operation.domain} ${so}.`;
}

/** Shown to a customer who comes to a console without a pty. */
export const noTerminal = 'This is no terminal: keys arrive line by line. For a real console use ssh -t.';

export function begun(operation: OperationView): string {
  return BEGUN[operation.verb](operation.domain, operation.profile);
}

/** How an operation ended, for the customer who asked for it. */
export function ended(operation: OperationView): string {
  if (operation.phase === 'done') return ENDED[operation.verb](operation.domain, operation.profile);
  if (operation.phase === 'superseded')
    return `It was overtaken: ${operation.domain} was powered off meanwhile.`;
  return failed(operation.domain, operation.failure);
}

function failed(domain: DomainName, failure: WireRefusal | null): string {
  const why = failure === null || failure.message === '' ? 'the host gives no reason' : failure.message;
  switch (failure?.code) {
    case 'toolstack-timeout':
      return `It failed: the host's tools did not answer in time for ${domain}. ${sentence(why)}`;
    case 'deadline-passed':
      return `It failed: ${domain} took too long. ${sentence(why)}`;
    default:
      return `It failed: ${sentence(why)}`;
  }
}

/**
 * dom0's "no" in the customer's words. A code that dom0 may not use, because it knows no customers, is a
 * fault of ours.
 */
export function refusedByHost(domain: DomainName, no: WireRefusal, now: Date): Refusal {
  const detail = no.detail === '' ? `dom0: ${no.code}: ${no.message}` : `dom0: ${no.code}: ${no.detail}`;
  switch (no.code) {
    case 'busy':
      return refusal(
        'busy',
        no.operation === null
          ? `${domain} is busy with something else.`
          : `${domain} is busy: ${underWay(no.operation, now)}.`,
        detail,
      );
    // The customer has a role on it, so it is no secret that it exists; only its host does not know it.
    case 'no-such-domain':
      return refusal('not-on-this-host', `${domain} is not on its host any more.`, detail);
    case 'no-such-profile':
    case 'wrong-state':
    case 'console-taken':
    case 'not-on-this-host':
    case 'host-limit':
    case 'host-unreachable':
    case 'audit-unavailable':
    case 'toolstack-failed':
    case 'toolstack-timeout':
    case 'deadline-passed':
    case 'undone':
      return refusal(no.code, sentence(no.message), detail);
    default:
      return refusal(
        'internal',
        `The host did not understand the request for ${domain}. Please tell us.`,
        detail,
      );
  }
}

const ACTION_WORDS: Readonly<Record<Action, string>> = {
  status: 'seeing it',
  console: 'the console',
  watch: 'watching the console',
  takeover: 'taking over the keyboard',
  sysrq: 'sending a SysRq key',
  log: 'the console log',
  'log-switch': 'switching the console log',
  start: 'starting',
  shutdown: 'shutting down',
  poweroff: 'powering off',
  reboot: 'rebooting',
  rescue: 'rescue boot',
  normal: 'the normal boot',
};

export function actionWord(action: Action): string {
  return ACTION_WORDS[action];
}

/** Makes a sentence of half a sentence: with a capital at its beginning and a mark at its end. */
export function asSentence(text: string): string {
  return sentence(capital(text));
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
