import type { DomainName } from '../policy/names.js';
import type { MenuDomain, MenuOperation } from './menu-domain.js';
import type { Effect, Fact, OperateAction } from './port.js';
import { clampSize, currentPage, findDomain, rootPage, underWay } from './state.js';
import type { MenuState, Page, Plan, Step } from './state.js';
import { logFact, logRefused, logResized } from './update-log.js';
import { doneSentence, failedSentence, goingOn, rescueReady, supersededSentence } from './operation-words.js';
import { domainGone } from './words.js';

function still(state: MenuState): Step {
  return { state, effects: [] };
}

/** Handles what the gate tells the menu. */
export function updateFact(state: MenuState, fact: Fact): Step {
  switch (fact.fact) {
    case 'domains':
      return goOn(takeDomains(state, fact.domains, fact.now));
    case 'accepted':
      return goOn(accept(state, fact.domain, fact.action));
    case 'ended':
      return goOn(end(state, fact.domain, fact.operation));
    case 'refused':
      return still(refuse(logRefused(state), fact));
    case 'notice':
      return still({ ...state, notice: fact.message });
    case 'maintenance':
      return logResized({ ...state, maintenance: fact.message });
    case 'keys':
      return still({ ...state, keys: fact.keys });
    case 'notices':
      return still({ ...state, notices: fact.notices });
    case 'activity':
      return still({ ...state, activity: fact.activity });
    case 'usage':
      return still(
        state.usage?.domain === fact.domain
          ? { ...state, usage: { ...state.usage, graph: fact.graph } }
          : state,
      );
    case 'printed':
      return still({ ...state, printing: false });
    case 'console-left':
      return still({ ...state, calling: null, notice: fact.message ?? state.notice });
    case 'log':
    case 'log-found':
    case 'log-missing':
    case 'log-about':
    case 'log-rests':
    case 'log-left':
      return logFact(state, fact);
    case 'size':
      return logResized({ ...state, ...clampSize(fact.columns, fact.rows) });
    case 'tick':
      return goOn({ ...state, now: fact.now });
  }
}

function takeDomains(
  state: MenuState,
  domains: readonly MenuDomain[],
  now = laterOf(state.now, domains),
): MenuState {
  const next = { ...state, domains, now };
  const here = (name: DomainName): boolean => domains.some((domain) => domain.name === name);
  const dialogGone = next.dialog !== null && 'domain' in next.dialog && !here(next.dialog.domain);
  const root = rootPage(domains, state.only);
  const bottom = state.pages[0];
  const rest = state.pages.slice(1);
  const sameRoot =
    bottom?.page === root.page &&
    (bottom.page !== 'domain' || root.page !== 'domain' || bottom.domain === root.domain);
  // A page stays open when the list grows behind it: nobody is taken away from their work.
  const pages = sameRoot ? state.pages : [root, ...(bottom?.page === 'domain' ? [bottom] : []), ...rest];
  const kept = pages.filter((page, at) => at === 0 || !('domain' in page) || here(page.domain));
  const lost = pages.find(
    (page): page is Page & { domain: DomainName } => 'domain' in page && !here(page.domain),
  );
  return {
    ...next,
    pages: withoutRepeats(kept),
    dialog: dialogGone ? null : next.dialog,
    notice: lost === undefined || !wasHere(state, lost.domain) ? next.notice : domainGone(lost.domain),
  };
}

/** An observation's time shows that it is at least that late: ticks come only while something needs them. */
function laterOf(now: number, domains: readonly MenuDomain[]): number {
  return domains.reduce((latest, domain) => Math.max(latest, domain.seenAt ?? 0), now);
}

function wasHere(state: MenuState, name: DomainName): boolean {
  return findDomain(state, name) !== undefined;
}

function withoutRepeats(pages: readonly Page[]): readonly Page[] {
  const kept = pages.filter((page, at) => {
    const before = pages[at - 1];
    return !(before?.page === 'domain' && page.page === 'domain' && before.domain === page.domain);
  });
  // A list that `filter` makes has room for sixteen more.
  return kept.slice();
}

function refuse(state: MenuState, { message, domain }: Extract<Fact, { fact: 'refused' }>): MenuState {
  const follow = state.follow?.domain === domain ? null : state.follow;
  return { ...state, problem: message, asked: null, calling: null, follow };
}

function accept(state: MenuState, domain: DomainName, action: string): MenuState {
  const { asked } = state;
  if (asked?.domain !== domain || asked.action !== action) return state;
  return {
    ...state,
    asked: null,
    accepted: asked,
    // The console shows a reboot from its beginning: the domain runs already.
    follow: asked.console ? { domain, action: asked.action, begun: asked.action === 'reboot' } : state.follow,
  };
}

function end(state: MenuState, domain: DomainName, operation: MenuOperation): MenuState {
  const next = { ...state, asked: state.asked?.domain === domain ? null : state.asked };
  if (operation.phase === 'done') {
    if (operation.action === 'poweroff' && next.plan?.domain === domain) {
      return { ...next, plan: { ...next.plan, ready: true }, notice: goingOn(next.plan.action, domain) };
    }
    const follow = next.follow;
    const begun = follow?.domain === domain && operation.action === follow.action;
    return {
      ...next,
      follow: begun ? { ...follow, begun } : follow,
      notice: doneSentence(operation.action, domain),
    };
  }
  const mine = next.follow?.domain === domain && operation.action === next.follow.action;
  const follow = mine ? null : next.follow;
  if (operation.phase === 'superseded') {
    return { ...next, follow, notice: supersededSentence(operation.action, domain) };
  }
  const plan = next.plan?.domain === domain && operation.action === 'poweroff' ? null : next.plan;
  return { ...next, follow, plan, problem: failedSentence(operation.action, domain, operation.message) };
}

/** Follow-ups without a key: an interrupted rescue continues, and the console of what boots opens. */
function goOn(state: MenuState): Step {
  const planned = carryOutPlan(state);
  const followed = followBoot(planned.state);
  return { state: followed.state, effects: [...planned.effects, ...followed.effects] };
}

function carryOutPlan(state: MenuState): Step {
  const { plan } = state;
  if (plan?.ready !== true || state.lent) return still(state);
  const domain = findDomain(state, plan.domain);
  if (domain === undefined) return still({ ...state, plan: null });
  if (underWay(domain) !== null) return still(state);
  const offer = domain.offers[plan.action];
  if (!offer.offered) return still({ ...state, plan: null, problem: offer.reason });
  return { state: { ...state, plan: null, asked: askedFor(plan, state.now) }, effects: [effectOf(plan)] };
}

function askedFor(plan: Plan, at: number): NonNullable<MenuState['asked']> {
  const { domain, action, profile, console } = plan;
  return { domain, action, profile, console, ...optionsOf(plan), at };
}

function effectOf(plan: Plan): Effect {
  const { action, domain, profile } = plan;
  return { effect: 'operate', action, domain, profile, ...optionsOf(plan) };
}

function optionsOf({ forSeconds, choice }: Plan): Pick<Plan, 'forSeconds' | 'choice'> {
  return {
    ...(forSeconds === undefined ? {} : { forSeconds }),
    ...(choice === undefined ? {} : { choice }),
  };
}

/** The steps of an operation at which the console of what boots can be shown. */
const BOOTING: readonly string[] = ['attaching-console', 'unpausing'];

function followBoot(state: MenuState): Step {
  if (state.follow === null || state.lent || state.closing) return still(state);
  const domain = findDomain(state, state.follow.domain);
  if (domain === undefined) return still({ ...state, follow: null });
  const { action, begun } = state.follow;
  if (!begun && !isBooting(domain.operation, action)) return still(state);
  const rest = { ...state, follow: null };
  const page = currentPage(state);
  const looksAtIt = page.page === 'domain' && page.domain === domain.name && state.dialog === null;
  if (!looksAtIt || !domain.offers.console.offered)
    return still(action === 'rescue' ? { ...rest, notice: rescueReady(domain.name) } : rest);
  const effect: Effect = { effect: 'console', domain: domain.name, mode: 'write' };
  return {
    state: { ...rest, calling: domain.name },
    effects: [action === 'reboot' ? effect : { ...effect, boot: true }],
  };
}

function isBooting(operation: MenuOperation | null, action: OperateAction): boolean {
  return operation?.action === action && operation.phase === 'running' && BOOTING.includes(operation.step);
}
