import type { MenuDomain } from '../../../menus/menu-domain.js';
import { NO_TEXT_CONSOLE, stateWord, stepWord, unreachableSentence } from '../../../menus/domain-words.js';
import { DISK_INCOMPLETE, writingWords } from '../../../menus/operation-words.js';
import { guestTypeWord } from '../../../policy/guest-type.js';
import { rescueEndSentence, rescueEndWord, rescueHostKeySentence } from '../../../menus/rescue-words.js';
import { agoWord, duration } from '../../../menus/time-words.js';
import { aligned } from '../../../policy/columns.js';
import { actionWord } from '../text/words.js';

/** A state older than this is shown with its age. Milliseconds. */
const STALE = 5_000;

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

/** A domain as `--json` shows it. */
export function domainObject(domain: MenuDomain): object {
  const { operation } = domain;
  return {
    name: domain.name,
    role: domain.role,
    state: domain.elsewhere?.moving === true ? 'moving' : domain.state,
    profile: domain.profile,
    since: iso(domain.since),
    seenAt: iso(domain.seenAt),
    reachable: domain.reachable,
    elsewhere: domain.elsewhere?.host ?? null,
    endsAt: iso(domain.rescueEnd?.at ?? null),
    rescueHostKey: domain.rescueHostKey ?? null,
    consoleLocked: domain.consoleLocked,
    type: domain.type,
    textConsole: domain.textConsole,
    memoryMiB: domain.memoryMiB,
    vcpus: domain.vcpus,
    cpuPercent: domain.cpuPercent,
    profiles: domain.profiles.map(({ name }) => name),
    images: (domain.images ?? []).map(({ name }) => name),
    firstDisk: domain.firstDisk ?? null,
    incomplete: domain.incomplete ?? null,
    operation:
      operation === null
        ? null
        : {
            id: operation.id,
            action: operation.action,
            profile: operation.profile,
            phase: operation.phase,
            step: operation.step,
            place: operation.place,
            startedAt: iso(operation.startedAt),
            deadlineAt: iso(operation.deadlineAt),
            // Nobody asked for the end of a rescue; whoever asked for the rescue may have no role here any more.
            by: operation.endsRescue === true ? null : operation.by,
            progress: operation.progress ?? null,
          },
  };
}

/** The lines of `list`. */
export function domainTable(domains: readonly MenuDomain[], now: number): string[] {
  const rows = domains.map((domain) => [
    domain.name,
    stateOf(domain, now),
    bootOf(domain, now),
    domain.memoryMiB === null ? '-' : `${domain.memoryMiB} MiB`,
    domain.vcpus === null ? '-' : `${domain.vcpus}`,
    domain.cpuPercent === null ? '-' : `${Math.round(domain.cpuPercent)} %`,
    domain.since === null ? '-' : duration(now - domain.since),
    domain.role,
  ]);
  return aligned([['NAME', 'STATE', 'BOOT', 'MEMORY', 'CPUS', 'LOAD', 'FOR', 'ROLE'], ...rows]);
}

/** The lines of `NAME status`. */
export function domainLines(domain: MenuDomain, now: number): string[] {
  const since = domain.since === null ? '' : ` since ${new Date(domain.since).toISOString()}`;
  const { elsewhere } = domain;
  const boot = elsewhere === null ? `, boot ${domain.profile ?? 'not known'}` : '';
  const type = domain.type === null ? '' : `, type ${guestTypeWord(domain.type)}`;
  const lines = [`${domain.name} is ${stateOf(domain, now)}${since}${boot}${type}.`];
  if (elsewhere !== null)
    lines.push(
      elsewhere.moving
        ? 'Nothing is started, ended or changed meanwhile. Try again in a minute.'
        : 'Nothing can be done with it there from here. Please ask us.',
    );
  if (domain.rescueEnd !== null) lines.push(rescueEndSentence(domain.rescueEnd, now));
  if (domain.rescueHostKey !== undefined) lines.push(rescueHostKeySentence(domain.rescueHostKey));
  if (!domain.reachable) lines.push(silenceSentence(domain));
  if (!domain.textConsole) lines.push(NO_TEXT_CONSOLE);
  if (domain.consoleLocked) lines.push('An administrator of the host has its console open.');
  const { operation } = domain;
  if (domain.incomplete !== undefined && operation?.action !== 'reinstall') lines.push(DISK_INCOMPLETE);
  if (operation !== null) {
    const { action, by, startedAt, progress } = operation;
    const far = progress === undefined ? '' : `: ${writingWords(progress)}`;
    const step = `${stepWord(operation.step, action)}${far}`;
    const who = operation.endsRescue === true ? 'because its rescue is over' : `by ${by}`;
    lines.push(`Under way: ${actionWord(action)} (${step}), ${who}, ${agoWord(now - startedAt)}.`);
  }
  return lines;
}

function silenceSentence(domain: MenuDomain): string {
  if (domain.lack !== undefined) return unreachableSentence(domain, null);
  return domain.seenAt === null
    ? 'Its host does not answer just now.'
    : 'Its host does not answer just now; this is what was last seen.';
}

/** `rescue, 2 h 5 min left` */
function bootOf({ profile, rescueEnd }: MenuDomain, now: number): string {
  if (profile === null) return '-';
  return rescueEnd === null ? profile : `${profile}, ${rescueEndWord(rescueEnd, now)}`;
}

function stateOf(domain: MenuDomain, now: number): string {
  const { elsewhere } = domain;
  if (elsewhere !== null)
    return elsewhere.moving ? `moving to another host (${elsewhere.host})` : `running on ${elsewhere.host}`;
  const state = stateWord(domain.state ?? 'unknown');
  const word = domain.consoleLocked ? `${state}, console locked` : state;
  if (domain.seenAt === null || now - domain.seenAt <= STALE) return word;
  return `${word} (seen ${agoWord(now - domain.seenAt)})`;
}
