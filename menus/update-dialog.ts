import type { BootProfileName, DomainName, Fingerprint, ImageName } from '../policy/names.js';
import type { Chosen, OperateAction } from './port.js';
import type { Asked, Dialog, MenuState, Plan, Step, TypedDialog } from './state.js';
import { currentPage, findDomain, isTyped, underWay, wordFor } from './state.js';
import { stillAsking } from './operation-words.js';
import { chosenTime, otherTime, rescueTime, typedTime } from './rescue-time.js';
import type { RescueTime } from './rescue-time.js';
import { noSuchTime, rescueTimeSentence } from './rescue-words.js';
import { domainGone, escapeChosen } from './words.js';
import type { Setting } from './port.js';

/** How an action is confirmed. An action that can lose data needs the server's whole name. */
const QUESTIONS: Readonly<Record<OperateAction, 'none' | 'yes' | 'name'>> = {
  start: 'none',
  shutdown: 'yes',
  reboot: 'yes',
  normal: 'yes',
  poweroff: 'name',
  rescue: 'name',
  reinstall: 'name',
};

/** A domain's name has at most 63 characters. */
const LONGEST_NAME = 63;
/** Milliseconds. After this an unanswered request no longer blocks the next one. */
const PATIENCE_MS = 10_000;

function still(state: MenuState): Step {
  return { state, effects: [] };
}

export function openDialog(
  state: MenuState,
  action: OperateAction,
  name: DomainName,
  profile: BootProfileName | ImageName | null,
  choice?: Chosen,
): Step {
  const refused = whyNot(state, action, name);
  if (refused !== null) return still({ ...state, problem: refused });
  switch (QUESTIONS[action]) {
    case 'none':
      return operate(state, action, name, profile);
    case 'yes':
      return still({ ...state, dialog: { ask: 'yes', action, domain: name } });
    case 'name':
      return still({
        ...state,
        dialog: {
          ask: 'name',
          action,
          domain: name,
          profile,
          ...(action === 'rescue' ? timeOf(state, name, profile) : {}),
          ...(choice === undefined ? {} : { choice }),
          typed: '',
          wrong: false,
        },
      });
  }
}

/** The choice of a length, where a rescue with the profile can have an end. */
function timeOf(
  state: MenuState,
  name: DomainName,
  profile: BootProfileName | ImageName | null,
): { readonly time?: RescueTime } {
  const times = findDomain(state, name)?.profiles.find((one) => one.name === profile)?.times;
  return times === undefined ? {} : { time: rescueTime(times) };
}

/** Takes a typed `for 2h` at the question of a rescue; null when the line is something else. */
export function dialogTime(state: MenuState, dialog: Dialog, line: string): Step | null {
  if (dialog.ask !== 'name' || dialog.time === undefined) return null;
  const times = findDomain(state, dialog.domain)?.profiles.find((one) => one.name === dialog.profile)?.times;
  const most = times?.most ?? null;
  const time = typedTime(line, dialog.time, most);
  if (time === undefined) return null;
  if (time === null) return still({ ...state, problem: noSuchTime(most) });
  return still({ ...state, dialog: { ...dialog, time }, notice: rescueTimeSentence(chosenTime(time)) });
}

/** Handles a key while a question is open. Only answers do anything. */
export function dialogKey(state: MenuState, dialog: Dialog, key: string): Step {
  if (key === 'escape' || key === 'interrupt' || key === 'eof') return still({ ...state, dialog: null });
  if (isTyped(dialog)) return typedKey(state, dialog, key);
  if (key === 'n' || key === 'N' || key === 'q') return still({ ...state, dialog: null });
  const closed = { ...state, dialog: null };
  if ((key === 'c' || key === 'C') && dialog.ask === 'yes' && offersConsole(state, dialog))
    return operate(closed, dialog.action, dialog.domain, null, true);
  if (key !== 'y' && key !== 'Y') return still(state);
  if (dialog.ask === 'yes') return operate(closed, dialog.action, dialog.domain, null);
  if (dialog.ask === 'switch-log') {
    const { domain, keep } = dialog;
    return { state: closed, effects: [{ effect: 'log-switch', domain, keep }] };
  }
  return dialog.ask === 'setting'
    ? applySetting(closed, dialog.setting)
    : removeKey(closed, dialog.fingerprint);
}

/** Whether the answer to a question may be "yes, and open its console". */
export function offersConsole(
  state: MenuState,
  { action, domain }: Extract<Dialog, { ask: 'yes' }>,
): boolean {
  const boots = action === 'reboot' || action === 'normal';
  return boots && findDomain(state, domain)?.offers.console.offered === true;
}

function removeKey(state: MenuState, fingerprint: Fingerprint): Step {
  return { state, effects: [{ effect: 'remove-key', fingerprint }, { effect: 'list-keys' }] };
}

function applySetting(state: MenuState, setting: Setting): Step {
  if (setting.of === 'escape') {
    const { to: escape } = setting;
    return {
      state: { ...state, escape, notice: escapeChosen(escape.name) },
      effects: [{ effect: 'choose-escape', escape }],
    };
  }
  const preferences = { ...state.preferences, [setting.of]: setting.to };
  return { state: { ...state, preferences }, effects: [{ effect: 'prefer', preferences }] };
}

function typedKey(state: MenuState, dialog: TypedDialog, key: string): Step {
  const type = (typed: string): Step =>
    still({ ...state, dialog: { ...dialog, typed: typed.slice(0, LONGEST_NAME + 1), wrong: false } });
  if ((key === 'up' || key === 'down') && dialog.ask === 'name' && dialog.time !== undefined)
    return still({ ...state, dialog: { ...dialog, time: otherTime(dialog.time, key === 'up' ? 1 : -1) } });
  if (key === 'backspace') return type(dialog.typed.slice(0, -1));
  if (key === 'clear') return type('');
  if (/^[\x21-\x7e]$/.test(key)) return type(dialog.typed + key);
  if (key !== 'enter') return still(state);
  if (dialog.typed !== wordFor(dialog)) {
    return still({ ...state, dialog: { ...dialog, typed: '', wrong: true } });
  }
  const closed = { ...state, dialog: null };
  if (dialog.ask === 'remove-used-key') return removeKey(closed, dialog.fingerprint);
  const { action, domain, profile, time, choice } = dialog;
  return operate(closeChoicePage(closed), action, domain, profile, undefined, time, choice);
}

/** Leaves the page of profiles or images after the choice: the domain's page shows the progress. */
function closeChoicePage(state: MenuState): MenuState {
  const { page } = currentPage(state);
  return (page === 'rescue' || page === 'reinstall') && state.pages.length > 1
    ? { ...state, pages: state.pages.slice(0, -1) }
    : state;
}

/**
 * Requests a confirmed operation. It checks the offer again, because facts arrive while a question is open.
 *
 * @param console whether the console is to open when it boots
 */
export function operate(
  state: MenuState,
  action: OperateAction,
  name: DomainName,
  profile: BootProfileName | ImageName | null,
  console: boolean = action === 'rescue' ||
    ((action === 'start' || action === 'reinstall') && state.followsStart),
  time?: RescueTime,
  choice?: Chosen,
): Step {
  const refused = whyNot(state, action, name);
  if (refused !== null) return still({ ...state, problem: refused });
  const chosen = time === undefined ? null : chosenTime(time);
  const length = chosen === null || chosen === time?.usual ? {} : { forSeconds: chosen };
  const more = { ...length, ...(choice === undefined ? {} : { choice }) };
  const asked: Asked = { domain: name, action, profile, console, ...more, at: state.now };
  return {
    state: { ...state, asked, plan: planAfter(state, action, name) },
    effects: [{ effect: 'operate', action, domain: name, profile, ...more }],
  };
}

function whyNot(state: MenuState, action: OperateAction, name: DomainName): string | null {
  const domain = findDomain(state, name);
  if (domain === undefined) return domainGone(name);
  const { asked } = state;
  const waiting = asked?.domain === name && state.now - asked.at < PATIENCE_MS;
  if (waiting && action !== 'poweroff') return stillAsking(name);
  const offer = domain.offers[action];
  return offer.offered ? null : offer.reason;
}

/** A power-off that interrupts this menu's own operation is one step of it, not its end. */
export function planAfter(state: MenuState, action: OperateAction, name: DomainName): Plan | null {
  if (action !== 'poweroff') return state.plan?.domain === name ? null : state.plan;
  const domain = findDomain(state, name);
  const operation = domain === undefined ? null : underWay(domain);
  const { accepted } = state;
  if (operation === null || accepted?.domain !== name || accepted.action !== operation.action) return null;
  switch (accepted.action) {
    case 'rescue':
    case 'normal':
      return {
        domain: name,
        action: accepted.action,
        profile: accepted.profile,
        console: accepted.console,
        ...(accepted.forSeconds === undefined ? {} : { forSeconds: accepted.forSeconds }),
        ...(accepted.choice === undefined ? {} : { choice: accepted.choice }),
        ready: false,
      };
    case 'reboot':
      return { domain: name, action: 'start', profile: null, console: accepted.console, ready: false };
    // Whoever cuts the power to stop a reinstallation must not lose the data after all.
    case 'reinstall':
    case 'start':
    case 'shutdown':
    case 'poweroff':
      return null;
  }
}
