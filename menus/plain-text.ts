import { isNormal, staleAge, staleWord } from './domain-look.js';
import { canRescue, entriesOf } from './entries.js';
import type { Entry } from './entries.js';
import { lookedAt, seenRows } from './log-view.js';
import { inColumns, isAtStart, lastTop, readingHeight, readingLines } from './reading.js';
import { currentPage, findDomain, isTyped, underWay, waitsForGuest, wordFor } from './state.js';
import type { LogPage, MenuState, Page } from './state.js';
import type { MenuDomain } from './menu-domain.js';
import { offersConsole } from './update-dialog.js';
import { TIME_BY_LINE, rescueEndSentence, rescueHostKeySentence } from './rescue-words.js';
import { explanation, timeText, titleOf } from './view-dialog.js';
import {
  CONSOLE_LOCKED,
  NO_TEXT_CONSOLE,
  doingWord,
  elsewhereSentence,
  elsewhereWord,
  incompleteWord,
  lockedWord,
  plainDomain,
  plainStateWord,
  plainFacts,
  plainState,
  profileBanner,
  stepWord,
  unreachableSentence,
} from './domain-words.js';
import { BY_LINES, PLAIN, help, plainHelp } from './help-words.js';
import { KEY_DISCARDING, KEY_IN_USE, KEY_PASTE, keyDates } from './key-words.js';
import { LOG_EMPTY, LOG_IN_MEMORY, bootSentence, logOff } from './log-words.js';
import {
  DISK_INCOMPLETE,
  REINSTALL_CHOOSE,
  RESCUE_CHOOSE,
  deadlineSentence,
  erasedSentence,
  placeSentence,
  progressSentence,
  repairInstead,
  rescueDisks,
  typeTheName,
  writingWords,
} from './operation-words.js';
import {
  NOTICE_ASKED,
  NOTICE_PROMPTS,
  NOTICES_ABOUT,
  NOTICES_PLAIN,
  NOTICES_TITLE,
  noticeSentences,
} from './notice-words.js';
import { sinceSentence } from './time-words.js';
import { graphText } from './usage-words.js';
import type { DomainName } from '../policy/names.js';
import {
  LOADING,
  MAINTENANCE_OVER,
  NOT_NOW,
  NO_SERVERS,
  TITLES,
  domainGone,
  recordedSentence,
} from './words.js';

/**
 * Texts of the plain menu: whole lines without control characters, so that a screen reader reads them well.
 */

function stateText(domain: MenuDomain, now: number): string {
  const operation = underWay(domain);
  const state = domain.elsewhere === null ? plainStateWord(domain.state) : elsewhereWord(domain.elsewhere);
  const word = operation === null ? state : doingWord(operation.action);
  const stale = staleWord(domain, now);
  const isIncomplete = operation === null && domain.state === 'off' && domain.incomplete !== undefined;
  const whole =
    domain.consoleLocked && operation === null
      ? lockedWord(word)
      : isIncomplete
        ? incompleteWord(word)
        : word;
  return stale === '' ? whole : `${whole} (${stale})`;
}

/** The page with its numbered choices, or the open question. */
export function pageText(state: MenuState): string[] {
  if (state.dialog !== null) {
    const { dialog } = state;
    const title = dialog.ask === 'remove-key' || dialog.ask === 'remove-used-key' ? [] : [titleOf(dialog)];
    const type = isTyped(dialog) ? [typeTheName(wordFor(dialog))] : [];
    return ['', ...title, ...explanation(state, dialog), ...timeText(dialog, TIME_BY_LINE), ...type];
  }
  const page = currentPage(state);
  switch (page.page) {
    case 'list':
      return ['', ...bannerText(state), TITLES.list, ...listText(state), ...commonEntriesText(state)];
    case 'domain':
      return ['', ...bannerText(state), ...domainText(state, page), ...commonEntriesText(state)];
    case 'rescue':
      return ['', RESCUE_CHOOSE, ...rescueText(state), PLAIN.back];
    case 'reinstall':
      return ['', ...reinstallText(state, page), PLAIN.back];
    case 'keys':
      return ['', TITLES.keys, ...keysText(state)];
    case 'add-key':
      return page.discarding ? ['', KEY_DISCARDING] : ['', TITLES.addKey, KEY_PASTE];
    case 'notices':
      return ['', NOTICES_TITLE, ...noticesText(state)];
    case 'notice-text':
      return ['', NOTICE_ASKED[page.of]];
    case 'log':
      return logText(state, page);
    case 'activity':
      return readingText(state, page);
    case 'help':
      return ['', ...plainHelp(state.escape.name), '', ...helpText(state)];
  }
}

function bannerText({ maintenance }: MenuState): readonly string[] {
  return maintenance === null ? [] : [maintenance];
}

/** Help about the choices only; the keys belong to the full-screen menu. */
function helpText(state: MenuState): readonly string[] {
  const lines = help(state.escape.name, BY_LINES);
  return lines.slice(lines.indexOf('CONSOLE')).map(inColumns);
}

export function promptText(state: MenuState): string {
  if (isTyped(state.dialog)) return state.dialog.ask === 'name' ? PLAIN.name : PLAIN.word;
  if (state.dialog?.ask === 'yes' && offersConsole(state, state.dialog)) return PLAIN.yesConsoleOrNo;
  if (state.dialog !== null) return PLAIN.yesOrNo;
  const page = currentPage(state);
  if (page.page === 'add-key') return page.discarding ? '' : PLAIN.pasteKey;
  if (page.page === 'notice-text') return NOTICE_PROMPTS[page.of];
  if (page.page === 'log') return PLAIN.log;
  if (page.page === 'activity') return isAtStart(state, page) ? PLAIN.oldest : PLAIN.older;
  if (page.page === 'help') return PLAIN.lines;
  return PLAIN.choose;
}

/** News to print without a request: maintenance on every page, a domain's changes on its own page. */
export function newsText(before: MenuState, after: MenuState): string[] {
  const maintenance = before.maintenance === after.maintenance ? [] : [after.maintenance ?? MAINTENANCE_OVER];
  return [...maintenance, ...domainNews(before, after), ...usageNews(before, after)];
}

/** A graph is told once, when it has come: each minute would be too often. */
function usageNews(before: MenuState, after: MenuState): string[] {
  const page = currentPage(after);
  if (page.page !== 'domain' || after.dialog !== null) return [];
  return usageText(before, page.domain).length > 0 ? [] : usageText(after, page.domain);
}

function usageText({ usage, columns, preferences }: MenuState, domain: DomainName): string[] {
  if (usage?.domain !== domain || usage.graph === null) return [];
  return graphText(usage.graph, columns, preferences.charset);
}

function domainNews(before: MenuState, after: MenuState): string[] {
  const page = currentPage(after);
  if (page.page !== 'domain') return [];
  const was = findDomain(before, page.domain);
  const is = findDomain(after, page.domain);
  if (was === undefined || is === undefined) return [];
  const operation = underWay(is);
  if (operation === null) {
    const word = stateText(is, 0);
    return stateText(was, 0) === word || is.state === null
      ? []
      : [plainState(is.name, plainStateWord(is.state))];
  }
  const earlier = underWay(was);
  const tenths = (now: number): number => Math.floor(Math.max(0, now - operation.startedAt) / PROGRESS_MS);
  const news =
    earlier?.id !== operation.id || earlier.step !== operation.step || earlier.place !== operation.place;
  if (!news && tenths(before.now) === tenths(after.now)) return [];
  const lines = [progressText(after, is)];
  if (earlier?.id !== operation.id && waitsForGuest(is) && is.offers.poweroff.offered)
    lines.push(PLAIN.powerOffNow);
  return lines;
}

/** Milliseconds between repeats of unchanged progress. */
const PROGRESS_MS = 10_000;

function progressText(state: MenuState, domain: MenuDomain): string {
  const operation = underWay(domain);
  if (operation === null) return plainState(domain.name, stateText(domain, state.now));
  const doing = doingWord(operation.action);
  const step = stepWord(operation.phase === 'queued' ? 'waiting' : operation.step, operation.action);
  const parts = [
    `${domain.name}: ${progressSentence(step === doing ? doing : `${doing}: ${step}`, state.now - operation.startedAt)}`,
  ];
  if (operation.progress !== undefined) parts.push(writingWords(operation.progress));
  if (operation.deadlineAt !== null) parts.push(deadlineSentence(operation.deadlineAt - state.now));
  if (operation.place > 0) parts.push(placeSentence(operation.place));
  return parts.join(', ');
}

function listText(state: MenuState): string[] {
  if (state.domains.length === 0) return [NO_SERVERS];
  return state.domains.map(
    (domain, at) => `${at + 1}. ${plainDomain(domain.name, stateText(domain, state.now), domain.profile)}`,
  );
}

function domainText(state: MenuState, page: Extract<Page, { page: 'domain' }>): string[] {
  const domain = findDomain(state, page.domain);
  if (domain === undefined) return [domainGone(page.domain)];
  const lines = [plainDomain(domain.name, stateText(domain, state.now), domain.profile)];
  if (!domain.reachable) lines.push(unreachableSentence(domain, staleAge(domain, state.now)));
  if (domain.since !== null && underWay(domain) === null) lines.push(sinceSentence(domain.since, state.now));
  if (domain.recorded !== 'off') lines.push(recordedSentence(domain.recorded));
  if (domain.memoryMiB !== null) lines.push(plainFacts(domain));
  if (!domain.textConsole) lines.push(NO_TEXT_CONSOLE);
  lines.push(...usageText(state, domain.name));
  const profile = domain.profiles.find((one) => one.name === domain.profile);
  if (!isNormal(domain) && profile !== undefined) lines.push(profileBanner(profile.title));
  if (domain.rescueEnd !== null) lines.push(rescueEndSentence(domain.rescueEnd, state.now));
  if (domain.rescueHostKey !== undefined) lines.push(rescueHostKeySentence(domain.rescueHostKey));
  if (domain.elsewhere !== null) lines.push(elsewhereSentence(domain.elsewhere));
  if (domain.consoleLocked) lines.push(CONSOLE_LOCKED);
  if (domain.incomplete !== undefined && underWay(domain) === null) lines.push(DISK_INCOMPLETE);
  if (underWay(domain) !== null) {
    lines.push(progressText(state, domain));
    if (waitsForGuest(domain) && domain.offers.poweroff.offered) lines.push(PLAIN.powerOffNow);
  }
  for (const entry of entriesOf(state)) {
    if (entry.choice.choose !== 'action') continue;
    lines.push(`${entry.key}. ${labelText(entry)}`);
  }
  return lines;
}

function labelText({ label, mark }: Entry): string {
  if (mark === null) return label;
  return `${label} (${mark === NOT_NOW ? mark : `${NOT_NOW}: ${mark}`})`;
}

function commonEntriesText(state: MenuState): string[] {
  const back = state.pages.length > 1 ? [PLAIN.back] : [];
  const notices = state.hasNotices === true ? [NOTICES_PLAIN] : [];
  return [PLAIN.keys, PLAIN.activity, ...notices, PLAIN.help, ...back, PLAIN.quit];
}

function rescueText(state: MenuState): string[] {
  return entriesOf(state).flatMap((entry, at) => {
    return [`${at + 1}. ${labelText(entry)}`, `   ${rescueDisks(entry.hint)}`];
  });
}

function reinstallText(state: MenuState, page: Extract<Page, { page: 'reinstall' }>): string[] {
  const domain = findDomain(state, page.domain);
  const entries = entriesOf(state).flatMap((entry, at) => [
    `${at + 1}. ${labelText(entry)}`,
    ...(entry.hint === '' ? [] : [`   ${entry.hint}`]),
  ]);
  return [
    erasedSentence(page.domain, domain?.firstDisk ?? null),
    ...(domain !== undefined && canRescue(domain) ? [repairInstead('b')] : []),
    REINSTALL_CHOOSE,
    ...entries,
  ];
}

function keysText(state: MenuState): string[] {
  if (state.keys === null) return [LOADING];
  const keys = state.keys.flatMap((key, at) => [
    `${at + 1}. ${key.type} ${key.comment}${key.inUse ? `, ${KEY_IN_USE}` : ''}`,
    `   ${key.fingerprint}`,
    `   ${keyDates(key)}`,
  ]);
  return [...keys, PLAIN.removeKey, PLAIN.addKey, PLAIN.back];
}

function noticesText(state: MenuState): string[] {
  if (state.notices === null) return [LOADING];
  const entries = entriesOf(state).map(({ key, label, hint }) => `${key}. ${label}: ${hint}`);
  return [...noticeSentences(state.notices), NOTICES_ABOUT, ...entries, PLAIN.back];
}

function logText(state: MenuState, { view }: LogPage): string[] {
  if (view === null) return [LOADING];
  const { keeping, switchedAt, onDisk } = view.about;
  const boot = lookedAt(view, state)?.boot;
  const about = !keeping ? [logOff(switchedAt)] : onDisk ? [] : [LOG_IN_MEMORY];
  const rows = seenRows(view, state).map(({ text }) => text);
  return ['', ...(boot === undefined ? [LOG_EMPTY] : [bootSentence(boot)]), ...about, ...rows];
}

function readingText(state: MenuState, page: Extract<Page, { page: 'activity' }>): string[] {
  const lines = readingLines(state, page).map((line) => line.text);
  const last = lastTop(state, page);
  const top = Math.min(page.top, last);
  const shown = lines.slice(top, top + readingHeight(state));
  return top === last ? ['', TITLES.activity, ...shown] : shown;
}
