import { stepWord } from '../../../menus/domain-words.js';
import { writingWords } from '../../../menus/operation-words.js';
import { agoWord } from '../../../menus/time-words.js';
import type { DomainName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Verb } from '../../wire/contract.js';
import type { OperationView, WireRefusal } from '../../wire/operation.js';
import { sentence } from './sentence.js';
import { actionWord } from './words.js';

/** Sentences about the course and the end of an operation, for customers. */

/** `rebooting, asked for by bob 12 s ago (shutting down)` */
function underWay(operation: OperationView, now: Date): string {
  const age = agoWord(now.getTime() - Date.parse(operation.startedAt));
  const by =
    operation.cause === 'rescue-end' ? 'because its rescue is over, begun' : `asked for by ${operation.by}`;
  return `${actionWord(operation.verb)}, ${by} ${age} (${step(operation)})`;
}

export function step(operation: OperationView): string {
  const place = operation.place > 0 ? ` (${operation.place} before it)` : '';
  const progress = operation.progress === undefined ? '' : `: ${writingWords(operation.progress)}`;
  return `${stepWord(operation.step, operation.verb)}${place}${progress}`;
}

const BEGUN: Readonly<Record<Verb, (domain: DomainName, profile: string | null) => string>> = {
  start: (domain) => `${domain} is starting.`,
  shutdown: (domain) => `${domain} is asked to shut down.`,
  poweroff: (domain) => `${domain} is being powered off.`,
  reboot: (domain) => `${domain} is asked to reboot.`,
  rescue: (domain, profile) => `${domain} is going into rescue${profile === null ? '' : ` with ${profile}`}.`,
  normal: (domain) => `${domain} is going back to its normal boot.`,
  reinstall: (domain, image) => `${domain} is being reinstalled${image === null ? '' : ` with ${image}`}.`,
  sysrq: (domain) => `The SysRq key is on its way to ${domain}.`,
};

const ENDED: Readonly<Record<Verb, (domain: DomainName, profile: string | null) => string>> = {
  start: (domain) => `${domain} is running.`,
  shutdown: (domain) => `${domain} is off.`,
  poweroff: (domain) => `${domain} is powered off.`,
  reboot: (domain) => `${domain} has rebooted.`,
  rescue: (domain, profile) => `${domain} runs ${profile ?? 'its rescue system'} now.`,
  normal: (domain) => `${domain} is back to its normal boot.`,
  reinstall: (domain, image) => `${domain} runs ${image ?? 'its new system'} now.`,
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

export function begun(operation: OperationView): string {
  return BEGUN[operation.verb](operation.domain, operation.image ?? operation.profile);
}

/** How an operation ended, for the customer who asked for it. */
export function ended(operation: OperationView): string {
  if (operation.phase === 'done')
    return ENDED[operation.verb](operation.domain, operation.image ?? operation.profile);
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
    case 'too-many':
    case 'internal':
      return refusal(no.code, sentence(no.message), detail);
    default:
      return refusal(
        'internal',
        `The host did not understand the request for ${domain}. Please tell us.`,
        detail,
      );
  }
}
