import { DISK_INCOMPLETE } from '../../../menus/operation-words.js';
import { NO_TEXT_CONSOLE } from '../../../menus/domain-words.js';
import { duration } from '../../../menus/time-words.js';
import type { Action } from '../../../policy/actions.js';
import type { ParameterValues } from '../../../policy/boot-parameter.js';
import { NO_SUCH_SERVER } from '../../../policy/denial.js';
import { guestTypeWord, guestTypeWords } from '../../../policy/guest-type.js';
import type { GuestType } from '../../../policy/guest-type.js';
import type { BootProfileName, DomainName, ImageName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { MaintenanceRow } from '../../store/maintenance.js';
import type { ParameterOffer, ProfileOffer } from '../../wire/contract.js';
import { capital, sentence } from './sentence.js';

/** The gate's other sentences for customers. Consoles, the console log and the menus have files of their own. */

/** One sentence for every name that the customer may not see, whatever the reason. */
export function noSuchDomain(detail: string): Refusal {
  return refusal('no-such-domain', NO_SUCH_SERVER, detail);
}

/** Whose keys a boot lets in by its seed disk; empty for a boot without one. */
export function seedKeys(seed: ProfileOffer['seed']): string {
  if (seed === undefined) return '';
  const whose = seed === 'asker' ? 'Your SSH keys' : 'The SSH keys of all owners';
  return `${whose} may log in to it, where it runs SSH.`;
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

export function certificateOver(detail: string): Refusal {
  return refusal(
    'key-revoked',
    'The certificate of this connection does not count any more. Log in with another.',
    detail,
  );
}

export function keysByCertificate(): Refusal {
  return refusal(
    'not-authenticated',
    'You are logged in by a certificate, and it changes no keys. Log in with a registered key, or ask us.',
    'keys are changed by a login with a registered key only',
  );
}

export function keyIsDeclared(detail: string): Refusal {
  return refusal('declared', 'The administrators manage this key. Ask them to remove it.', detail);
}

export function noNotices(): Refusal {
  return refusal('not-on-this-host', 'This service sends no notices to customers.');
}

export function noNoticesForYou(): Refusal {
  return refusal(
    'no-rule',
    'The rules here do not let you be told by notices of any of your servers.',
    'no rule allows notify on any domain of the customer',
  );
}

export function noticesByCertificate(): Refusal {
  return refusal(
    'not-authenticated',
    'You are logged in by a certificate for one server, and it changes no notices. Log in with a key of yours.',
    'notices are not changed by a certificate for one domain',
  );
}

/** The file of what servers use cannot be read. */
export function noUsageNow(detail: string): Refusal {
  return refusal(
    'internal',
    'What your server used cannot be read just now. Please try again in a minute.',
    detail,
  );
}

export function keyNotAllowed(detail: string): Refusal {
  return refusal(
    'key-revoked',
    'The key of this connection is not allowed any more. Log in with another.',
    detail,
  );
}

export function keyNotVerified(): Refusal {
  return refusal(
    'key-revoked',
    'Your security key must verify you, by PIN or fingerprint. Log in with a key made by `ssh-keygen -t ed25519-sk -O verify-required`.',
    'the policy requires that the security key verifies its user, and it did not',
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

export function noTextConsole(): Refusal {
  return refusal('not-on-this-host', NO_TEXT_CONSOLE);
}

export function notOnAnyHost(domain: DomainName): Refusal {
  return refusal('not-on-this-host', `${domain} is not on any host now. Please ask us.`);
}

/** Some hosts answer, and none of these has it. */
export function notOnAnsweringHost(domain: DomainName): Refusal {
  return refusal(
    'host-unreachable',
    `No host that answers has ${domain}, and not every host answers just now. Please try again in a moment.`,
    'no host that answers has it',
  );
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

/** The domain runs on a host where it is not managed. */
export function astray(domain: DomainName, host: string): Refusal {
  return refusal(
    'wrong-state',
    `${domain} is running on ${host}. Nothing can be done with it there from here. Please ask us.`,
    `${domain} is on ${host}, which has no configuration file of it`,
  );
}

/** A migration of the domain is seen. @param guest its name on this host meanwhile */
export function moving(domain: DomainName, host: string, guest: string): Refusal {
  return refusal(
    'busy',
    `${domain} is being moved to another host. Try again in a minute.`,
    `${guest} is on ${host}: a migration goes on, or was left half-way`,
  );
}

const UNFIT = {
  running: 'It is running already.',
  off: 'It is off.',
  crashed: 'It has crashed. Power it off first.',
  paused: 'It is paused by the operators of its host.',
  rebooting: 'It is rebooting.',
  normal: 'It runs its normal boot already.',
  incomplete: DISK_INCOMPLETE,
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

/** The host has the profile, for guests of other types. */
export function profileForOthers(
  domain: DomainName,
  type: GuestType | null,
  { name, types = [] }: Pick<ProfileOffer, 'name' | 'types'>,
): Refusal {
  const fits = `boot profile ${name} is for ${guestTypeWords(types)} only. Choose another.`;
  const message = type === null ? `The ${fits}` : `${domain} is ${guestTypeWord(type)}, and the ${fits}`;
  return refusal('no-such-profile', message);
}

/** @param asked the image as the customer typed it; null when none was named */
export function chooseImage(domain: DomainName, asked: string | null, images: readonly ImageName[]): Refusal {
  if (images.length === 0)
    return refusal('no-such-profile', `There is no system image for ${domain} on its host.`);
  const known = images.join(', ');
  return refusal(
    'no-such-profile',
    asked === null ? `Say which system image: ${known}.` : `There is no such system image. Known: ${known}.`,
  );
}

/** Says how a reinstallation is confirmed where nobody can be asked. */
export function sayErase(domain: DomainName): Refusal {
  return refusal(
    'needs-confirmation',
    `Say --erase ${domain} to confirm: all data on the first disk of ${domain} is lost for ever. --yes is not enough.`,
  );
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
  const own = unfit.filter(({ chooser, values }) => chooser === 'customer' && values !== null);
  if (own.length > 0 && own.length === unfit.length) {
    const known = own.map(({ name, values }) => `${name}=${(values ?? []).join('|')}`);
    return refusal('usage', `Say which you want: ${known.join(' ')}`);
  }
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

/** @param most seconds */
export function tooLongRescue(most: number): Refusal {
  const message = `A rescue lasts at most ${duration(most * 1000)} here, from its boot to its end.`;
  return refusal('limit-reached', message, `rescues: has a maximum of ${most} s`);
}

/**
 * More time was asked for a rescue than it may have.
 *
 * @param most seconds
 * @param soFar seconds that it has without more time
 */
export function tooMuchMore(most: number, soFar: number): Refusal {
  const atMost = `a rescue lasts at most ${duration(most * 1000)} here, from its boot to its end`;
  const message =
    most > soFar
      ? `That is too long: ${atMost}. It can have ${duration((most - soFar) * 1000)} more.`
      : `There is no more time to give: ${atMost}.`;
  return refusal('limit-reached', message, `rescues: has a maximum of ${most} s; it has ${soFar} s`);
}

/** The profile is never ended. */
export function keptProfile(profile: BootProfileName): Refusal {
  return refusal('usage', `The boot profile ${profile} has no end: leave out --for.`);
}

export function noRescueEnd(domain: DomainName): Refusal {
  return refusal('wrong-state', `${domain} runs no rescue that ends.`);
}

/** The customer chose what is not there to choose. @param offers what there is */
export function wrongChoice(offers: readonly ParameterOffer[]): Refusal {
  const known = offers.map(({ name, values }) => `${name}=${(values ?? []).join('|')}`);
  return refusal(
    'usage',
    known.length === 0
      ? 'There is nothing to choose at this boot: leave out the words with =.'
      : `That cannot be chosen. This boot takes: ${known.join(' ')}`,
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

/** The time until something ends, a minute at most: `a minute`, `20 seconds`. */
export function inTime(seconds: number): string {
  if (seconds >= 55) return 'a minute';
  return seconds === 1 ? 'a second' : `${seconds} seconds`;
}

/** Nobody types in the menu: warns of its end. */
export function menuIdle(seconds: number): string {
  return `Nothing was typed for long: this session ends in ${inTime(seconds)}. Press a key to stay.`;
}

export const menuIdleEnd = 'This session was ended: nothing was typed for too long.';

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

/** Shown to a customer who comes to a console without a pty. */
export const noTerminal = 'This is no terminal: keys arrive line by line. For a real console use ssh -t.';

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
  extend: 'more time for a rescue',
  notify: 'notices',
  normal: 'the normal boot',
  reinstall: 'reinstalling',
};

export function actionWord(action: Action): string {
  return ACTION_WORDS[action];
}
