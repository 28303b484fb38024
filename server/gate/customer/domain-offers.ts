import { ACTIONS } from '../../../policy/actions.js';
import type { Action } from '../../../policy/actions.js';
import type { DomainState } from '../../../policy/domain-state.js';
import type { DomainName } from '../../../policy/names.js';
import { NORMAL } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Offer } from '../../../menus/menu-domain.js';
import { VERBS } from '../../wire/contract.js';
import type { Move } from '../hosts/domain-moves.js';
import type { FoundDomain, Hosts, Stray } from '../hosts/hosts.js';
import * as words from '../text/words.js';
import type { Interned } from './interned.js';

const YES: Offer = { offered: true };

/** Where a domain is. */
interface Whereabouts {
  readonly found: FoundDomain | undefined;
  readonly stray: Stray | null;
  readonly move: Move | null;
  readonly hosts: Pick<Hosts, 'notFound'>;
}

/** Offers a customer the actions on a domain that policy allows and that make sense as it is now. */
export function offers(
  domain: DomainName,
  answers: ReadonlyMap<Action, Refusal | null>,
  where: Whereabouts,
  interned: Interned,
): Readonly<Record<Action, Offer>> {
  const offer = (action: Action): Offer => {
    const no = answers.get(action) ?? impossible(domain, action, where);
    if (no === null) return YES;
    return interned.same({ offered: false, code: no.code, reason: no.message });
  };
  return Object.fromEntries(ACTIONS.map((action) => [action, offer(action)])) as Record<Action, Offer>;
}

const AT_CONSOLE: readonly Action[] = ['console', 'watch', 'takeover'];

/** Actions on what stays where the domain was managed. */
const ANYWHERE: readonly Action[] = ['status', 'log', 'log-switch', 'notify'];

function impossible(
  domain: DomainName,
  action: Action,
  { found, stray, move, hosts }: Whereabouts,
): Refusal | null {
  if (action === 'status') return null;
  const verb = VERBS.find((each) => each === action);
  if (move !== null && (verb !== undefined || action === 'extend'))
    return words.moving(domain, move.host.name, move.guest);
  if (stray?.part === 'runs' && !ANYWHERE.includes(action)) return words.astray(domain, stray.host.name);
  if (found === undefined) return hosts.notFound(domain);
  if (!found.host.reachable) return words.hostUnreachable(domain, 'not reachable');
  if (action === 'log-switch' && !found.host.log.onDisk)
    return words.notOnThisHost(domain, words.actionWord(action));
  if (action === 'extend') return found.view.rescueEnd ? null : words.noRescueEnd(domain);
  if (AT_CONSOLE.includes(action) && found.view.textConsole === false) return words.noTextConsole();
  if (verb === undefined) return null;
  if (found.host.contract?.verbs.includes(verb) !== true)
    return words.notOnThisHost(domain, words.actionWord(action));
  const { state, profile } = found.view.observation;
  const why = UNFIT[state]?.[verb] ?? null;
  if (why !== null) return words.unfit(why);
  if (verb === 'normal' && state === 'running' && profile === NORMAL) return words.unfit('normal');
  if (verb === 'rescue' && found.view.profiles.every((name) => name === NORMAL))
    return words.chooseProfile(domain, []);
  const isIncomplete = found.view.incompleteDisk !== undefined;
  if (isIncomplete && (verb === 'start' || verb === 'normal')) return words.unfit('incomplete');
  if (verb === 'reinstall' && (found.view.images ?? []).length === 0)
    return words.chooseImage(domain, null, []);
  return null;
}

/** Choices that make no sense in a state. dom0 decides; this only spares the customer a vain attempt. */
const UNFIT: Partial<Record<DomainState, Partial<Record<(typeof VERBS)[number], words.Unfit>>>> = {
  running: { start: 'running' },
  off: { shutdown: 'off', poweroff: 'off', reboot: 'off', sysrq: 'off' },
  crashed: {
    start: 'crashed',
    shutdown: 'crashed',
    reboot: 'crashed',
    rescue: 'crashed',
    normal: 'crashed',
    reinstall: 'crashed',
  },
  paused: {
    start: 'paused',
    shutdown: 'paused',
    reboot: 'paused',
    rescue: 'paused',
    normal: 'paused',
    reinstall: 'paused',
  },
  rebooting: { start: 'rebooting', reboot: 'rebooting', reinstall: 'rebooting' },
};
