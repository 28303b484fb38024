import { COMMAND_ALIASES, VERB_ALIASES, wordsOf } from './command-words.js';
import type { DomainName } from '../policy/names.js';
import { entriesOf } from './entries.js';
import type { Effect } from './port.js';
import { asksForText, currentPage } from './state.js';
import type { Input, MenuState } from './state.js';
import { update } from './update.js';

/**
 * Lines of words in the plain menu: `web1 rescue small` chooses web1, then its rescue, then the profile. A word is that
 * of the command by exec, and each leads to the page on which the next one is looked for.
 */

/** A choice as it is typed. */
interface Option {
  readonly words: readonly string[];
  /** Null: it is so already. */
  readonly message: Input | null;
  /** Whether other words may follow. */
  readonly leads: boolean;
  /** Not offered: another name of an option. */
  readonly isAlias: boolean;
}

/** The choices of a typed line. */
export interface TypedPath {
  readonly messages: readonly Input[];
  /** Words for a page whose facts have not arrived; empty when there are none. */
  readonly rest: string;
}

const END: TypedPath = { messages: [], rest: '' };
const BACK: Input = { input: 'key', key: 'escape' };

/**
 * @param follows whether the words before these have led to this page
 * @returns null when the words mean nothing here
 */
export function typedPath(state: MenuState, line: string, follows = false): TypedPath | null {
  const text = line.trim();
  const still = { ...state, problem: null, notice: null };
  if (text === '') return null;
  return walk(still, text, !follows) ?? (follows ? null : walkFromFirst(still, text));
}

/** The words that may follow what is typed. */
export interface NextWords {
  /** In the order of the page. All begin with what is typed of the word. */
  readonly words: readonly string[];
  /** Asks for the facts without which some words cannot be told; null when nothing is missing. */
  readonly asks: Effect | null;
}

/**
 * @param line as it is typed so far; what stands after its last blank is the beginning of a word
 * @returns null where no words are typed: at a question, or where a text is asked for
 */
export function nextWords(state: MenuState, line: string): NextWords | null {
  if (!takesWords(state)) return null;
  const before = line.split(/\s+/).filter((word) => word !== '');
  const begun = /\s$/.test(line) || line === '' ? '' : (before.pop() ?? '');
  const first = firstPage(state);
  const found = [state, ...(first === null || state.pages.length === 1 ? [] : [first])].map((from) =>
    following({ ...from, problem: null }, before, true),
  );
  const words = found.flatMap((each) => each.words);
  return {
    words: [...new Set(words)].filter((word) => word.startsWith(begun) && TYPABLE.test(word)),
    asks: found.find(({ asks }) => asks !== null)?.asks ?? null,
  };
}

/** A value with a blank is chosen by its number. */
const TYPABLE = /^[\x21-\x7e]+$/;

function walk(state: MenuState, text: string, isStart: boolean): TypedPath | null {
  if (text === '') return END;
  const isText = state.dialog === null && asksForText(currentPage(state));
  if (isText && !isStart) return { messages: [{ input: 'line', text }], rest: '' };
  if (!takesWords(state)) return null;
  if (!isStart && missing(state) !== null) return { messages: [], rest: text };
  for (const { words, message, leads } of pagesFirst(optionsOf(state, isStart))) {
    const rest = after(text, words);
    if (rest === null || (rest !== '' && !leads)) continue;
    const next = message === null ? state : update(state, message).state;
    // A choice that is not possible now says why, whatever follows it.
    const isRefused = next.problem !== null;
    if (rest !== '' && !isRefused && message !== null && next.pages === state.pages) continue;
    const path = isRefused ? END : walk(next, rest, false);
    if (path !== null) return behind(message === null ? [] : [message], path);
  }
  return null;
}

function walkFromFirst(state: MenuState, text: string): TypedPath | null {
  const first = takesWords(state) ? firstPage(state) : null;
  const path = first === null ? null : walk(first, text, true);
  return path === null
    ? null
    : behind(
        state.pages.slice(1).map(() => BACK),
        path,
      );
}

/** A path that only prints needs none of the steps before it: it leads to no page. */
function behind(before: readonly Input[], path: TypedPath): TypedPath {
  if (path.messages[0]?.input === 'print') return path;
  return { ...path, messages: [...before, ...path.messages] };
}

/** @returns null when something must end before the page can be left */
function firstPage(state: MenuState): MenuState | null {
  let first = state;
  for (let back = state.pages.length; back > 1; back -= 1) first = update(first, BACK).state;
  return first.pages.length === 1 ? first : null;
}

function following(state: MenuState, before: readonly string[], isStart: boolean): NextWords {
  if (!takesWords(state)) return { words: [], asks: null };
  const found = optionsOf(state, isStart).map(({ words, message, leads, isAlias }): NextWords => {
    const isSo = words.slice(0, before.length).every((word, at) => word === before[at]);
    const [next] = words.slice(before.length);
    if (!isSo || (next === undefined && !leads)) return { words: [], asks: null };
    if (next !== undefined) return { words: isAlias ? [] : [next], asks: null };
    const there = message === null ? state : update(state, message).state;
    if (message !== null && there.pages === state.pages) return { words: [], asks: null };
    return following(there, before.slice(words.length), false);
  });
  return {
    words: found.flatMap(({ words }) => words),
    asks: missing(state) ?? found.find(({ asks }) => asks !== null)?.asks ?? null,
  };
}

/** @param isStart whether these are the first words of a line */
function optionsOf(state: MenuState, isStart: boolean): readonly Option[] {
  const page = currentPage(state);
  const options = entriesOf(state).flatMap((entry): Option[] => {
    const { choose } = entry.choice;
    const isCommon = choose === 'page' || choose === 'quit';
    if (isCommon && !isStart) return [];
    const option = { message: { input: 'entry', id: entry.id } as const, leads: choose !== 'quit' };
    const words = wordsOf(entry);
    const others = choose === 'action' ? VERB_ALIASES : choose === 'page' ? COMMAND_ALIASES : [];
    const aliases = others.filter(([, word]) => word === words[0]);
    return [
      { ...option, words, isAlias: false },
      ...aliases.map(([alias]) => ({ ...option, words: [alias], isAlias: true })),
    ];
  });
  const isFirst = state.pages.length === 1;
  return [
    // The page of a customer's only server is the first one. Commands name it all the same.
    ...(page.page === 'domain' && isStart && isFirst ? [more(page.domain, null, true)] : []),
    ...options,
    ...(page.page === 'domain' ? domainOptions(page.domain) : []),
    ...(page.page === 'keys' && !isStart ? [more('list', null)] : []),
    ...(page.page === 'notices' && !isStart ? NOTICE_OPTIONS : []),
    ...(isStart && isFirst ? FIRST_OPTIONS : []),
    ...(isStart && !isFirst ? [more('back', BACK)] : []),
  ];
}

/** A word without an entry on the page. */
function more(words: string, message: Input | null, leads = false): Option {
  return { words: words.split(' '), message, leads, isAlias: false };
}

const FIRST_OPTIONS: readonly Option[] = [
  more('list', null),
  ...COMMAND_ALIASES.filter(([, word]) => word === 'list').map(([alias]) => ({
    ...more(alias, null),
    isAlias: true,
  })),
  more('recordings', { input: 'print', printed: { what: 'recordings' } }),
];

/** Words that the page may not have just now: then the gate says why. */
const NOTICE_OPTIONS: readonly Option[] = [
  more('show', null),
  ...(['on', 'off', 'test', 'forget', 'confirm'] as const).map((change) => ({
    ...more(change, { input: 'notices', change }, change === 'confirm'),
    isAlias: true,
  })),
];

function domainOptions(domain: DomainName): readonly Option[] {
  return [
    more('status', null),
    more('graph', { input: 'print', printed: { what: 'graph', domain } }),
    more('screen', { input: 'print', printed: { what: 'screen', domain } }),
    more('log off', { input: 'switch-log', domain, keep: false }),
    more('log on', { input: 'switch-log', domain, keep: true }),
  ];
}

/** A server may have the name of a command, like `notify`. As by exec, the command comes first. */
function pagesFirst(options: readonly Option[]): readonly Option[] {
  const isDomain = ({ message }: Option): boolean =>
    message?.input === 'entry' && message.id.startsWith('domain ');
  return [...options.filter((option) => !isDomain(option)), ...options.filter(isDomain)];
}

/** The text behind these words; null when it does not begin with them. */
function after(text: string, words: readonly string[]): string | null {
  let rest = text;
  for (const word of words) {
    const [first = ''] = rest.split(/\s/, 1);
    if (first !== word) return null;
    rest = rest.slice(first.length).trimStart();
  }
  return rest;
}

function takesWords(state: MenuState): boolean {
  const isAsked = state.dialog !== null || asksForText(currentPage(state));
  return !isAsked && state.calling === null && !state.closing;
}

/** Asks for the facts that the page waits for; null when it has all. */
function missing(state: MenuState): Effect | null {
  const { page } = currentPage(state);
  if (page === 'keys' && state.keys === null) return { effect: 'list-keys' };
  return page === 'notices' && state.notices === null ? { effect: 'list-notices' } : null;
}
