import type { LiveConsole, LiveView } from '../../gate/control/session-answers.js';

export type LiveRow = LiveView['sessions'][number];

/** What is being typed at the foot of the screen. */
export type Typing =
  | { readonly what: 'filter'; readonly text: string }
  /** The reason for the end of a session; an empty one gives none. */
  | { readonly what: 'end'; readonly row: LiveRow; readonly text: string };

/** The live view of an admin. */
export interface TopState {
  readonly columns: number;
  readonly rows: number;
  /** Null until the gate has answered. */
  readonly view: LiveView | null;
  /** Milliseconds since the epoch, by this machine's clock, when it answered last. */
  readonly heardAt: number;
  readonly now: number;
  /** The id of the session under the cursor, and which of the shown rows it is. */
  readonly selected: string;
  readonly cursor: number;
  /** The first row that is shown. */
  readonly top: number;
  /** Only rows that have this somewhere are shown. */
  readonly filter: string;
  readonly typing: Typing | null;
  /** What happened, or why it did not. It stays until the next key. */
  readonly message: string | null;
  /** Why the gate does not answer now; null while it does. */
  readonly trouble: string | null;
  readonly generation: number;
}

/** What the view asks the program for. */
export type TopEffect =
  | { readonly effect: 'end'; readonly session: string; readonly reason: string | null }
  | { readonly effect: 'watch'; readonly console: LiveConsole }
  | { readonly effect: 'quit' };

export interface TopStep {
  readonly state: TopState;
  readonly effect: TopEffect | null;
}

/** Lines around the list: the bar, the head of the columns, and the two of the foot. */
const AROUND = 4;
/** As long as the gate takes one. */
const LONGEST_REASON = 200;

export function startState(columns: number, rows: number, now: number): TopState {
  return {
    columns,
    rows,
    view: null,
    heardAt: now,
    now,
    selected: '',
    cursor: 0,
    top: 0,
    filter: '',
    typing: null,
    message: null,
    trouble: null,
    generation: 0,
  };
}

/** How many rows of the list have room. */
export function listHeight({ rows }: Pick<TopState, 'rows'>): number {
  return Math.max(1, rows - AROUND);
}

/** The rows that the filter lets through. */
export function shownRows({ view, filter }: Pick<TopState, 'view' | 'filter'>): readonly LiveRow[] {
  const all = view?.sessions ?? [];
  if (filter === '') return all;
  const wanted = filter.toLowerCase();
  return all.filter(({ id, customer, source, what, command, domain, consoles }) =>
    [id, customer, source, what, command, domain, ...consoles.flatMap((one) => [one.domain, one.host])].some(
      (word) => word?.toLowerCase().includes(wanted) === true,
    ),
  );
}

/** The gate has answered. */
export function heard(state: TopState, view: LiveView, now: number): TopState {
  return settled({ ...state, view, heardAt: now, now, trouble: null });
}

/** @param key one printable character, or a name of the menus' `NAMED_KEYS` */
export function pressed(state: TopState, key: string): TopStep {
  if (state.typing !== null) return typed(state, state.typing, key);
  const still = { ...state, message: null };
  const rows = shownRows(state);
  const at = state.cursor;
  const page = listHeight(state);
  const moveTo = (to: number): TopStep => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    return stay(settled({ ...still, selected: row?.id ?? '' }));
  };
  switch (key) {
    case 'up':
      return moveTo(at - 1);
    case 'down':
      return moveTo(at + 1);
    case 'pageup':
      return moveTo(at - page);
    case 'pagedown':
      return moveTo(at + page);
    case 'home':
      return moveTo(0);
    case 'end':
      return moveTo(rows.length - 1);
    case 'repaint':
      return stay({ ...still, generation: state.generation + 1 });
    case '/':
      return stay({ ...still, typing: { what: 'filter', text: state.filter } });
    case 'escape':
      return stay(settled({ ...still, filter: '' }));
    case 'e':
      return withRow(still, rows[at], (row) => stay({ ...still, typing: { what: 'end', row, text: '' } }));
    case 'w':
      return withRow(still, rows[at], (row) => watch(still, row));
    case 'q':
    case 'interrupt':
    case 'eof':
      return { state: still, effect: { effect: 'quit' } };
    default:
      return stay(still);
  }
}

function typed(state: TopState, typing: Typing, key: string): TopStep {
  const change = (text: string): TopStep => {
    const filter = typing.what === 'filter' ? text : state.filter;
    return stay(settled({ ...state, filter, typing: { ...typing, text } }));
  };
  switch (key) {
    case 'enter':
      if (typing.what === 'filter') return stay({ ...state, typing: null });
      return {
        state: { ...state, typing: null },
        effect: { effect: 'end', session: typing.row.id, reason: typing.text.trim() || null },
      };
    case 'escape':
    case 'interrupt':
    case 'eof':
      return stay(settled({ ...state, typing: null, filter: typing.what === 'filter' ? '' : state.filter }));
    case 'backspace':
      return change(Array.from(typing.text).slice(0, -1).join(''));
    case 'clear':
      return change('');
    case 'repaint':
      return stay({ ...state, generation: state.generation + 1 });
    default:
      return Array.from(key).length === 1 && typing.text.length < LONGEST_REASON
        ? change(typing.text + key)
        : stay(state);
  }
}

function watch(state: TopState, row: LiveRow): TopStep {
  // The newest: a session has one at a time, and an earlier one may just be closing.
  const console = row.consoles.at(-1);
  if (console === undefined)
    return stay({ ...state, message: `${row.customer} has no console open in session ${row.id}` });
  if (console.host === null) return stay({ ...state, message: `no host has ${console.domain} now` });
  return { state, effect: { effect: 'watch', console } };
}

function withRow(state: TopState, row: LiveRow | undefined, then: (row: LiveRow) => TopStep): TopStep {
  return row === undefined ? stay({ ...state, message: 'there is no session to choose' }) : then(row);
}

function stay(state: TopState): TopStep {
  return { state, effect: null };
}

/** Keeps the cursor on its session, and the session on the screen. One that has gone leaves the cursor where it is. */
export function settled(state: TopState): TopState {
  const rows = shownRows(state);
  const height = listHeight(state);
  const known = indexOf(rows, state.selected);
  const cursor = Math.max(0, Math.min(rows.length - 1, known >= 0 ? known : state.cursor));
  const top = Math.min(Math.max(state.top, cursor - height + 1), cursor, Math.max(0, rows.length - height));
  return { ...state, selected: rows[cursor]?.id ?? '', cursor, top };
}

function indexOf(rows: readonly LiveRow[], id: string): number {
  return rows.findIndex((row) => row.id === id);
}
