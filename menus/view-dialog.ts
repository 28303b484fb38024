import type { DomainName } from '../policy/names.js';
import type { Canvas } from './canvas.js';
import { canRescue } from './entries.js';
import { columnsOf, wrap } from './printable-text.js';
import { findDomain, isTyped, waitsForGuest, wordFor } from './state.js';
import type { Dialog, MenuState, TypedDialog } from './state.js';
import { offersConsole, planAfter } from './update-dialog.js';
import { REMOVE_KEY_TITLE, removeKeySentences } from './key-words.js';
import { chosenTime } from './rescue-time.js';
import { TIME_BY_ARROWS, rescueTimeSentence } from './rescue-words.js';
import { logSwitchSentence, logSwitchTitle } from './log-words.js';
import {
  POWER_OFF_ENDS_REINSTALL,
  POWER_OFF_FIRST,
  REPAIR_INSTEAD,
  RESCUE_DEFAULT_HINT,
  confirmSentences,
  confirmTitle,
  erasedSentence,
  imageFacts,
  rescueBack,
  rescueDisks,
  rescueParameters,
  typeTheName,
  wrongWord,
} from './operation-words.js';
import {
  QUESTION,
  SETTING_STAYS,
  SETTING_TITLE,
  YES_CONSOLE_OR_NO,
  YES_OR_NO,
  settingSentence,
} from './words.js';

const WIDEST = 72;

/**
 * Draws a question in a box over the page. The question is always visible; its explanation is cut to the room
 * left.
 */
export function drawDialog(canvas: Canvas, state: MenuState, dialog: Dialog): void {
  const small = canvas.columns < 60 || canvas.rows < 18;
  const width = small ? canvas.columns : Math.min(WIDEST, canvas.columns - 8);
  const inner = width - 4;
  const most = canvas.rows - 2 - 2;
  const question = questionOf(canvas, state, dialog, inner);
  const blank = small ? [] : [''];
  const room = most - question.length - 2 * blank.length;
  const body = explained(canvas, state, dialog, inner, small);
  const told = body.length > room ? [...body.slice(0, Math.max(0, room - 1)), '…'] : body;
  const lines = [...blank, ...told, ...blank];
  const height = lines.length + question.length + 2;
  const left = Math.floor((canvas.columns - width) / 2);
  const top = Math.max(1, Math.floor((canvas.rows - height) / 2));
  const title = titleOf(dialog);
  // Beside the box the page shows only halves of words, and a pointer to what is not chosen now.
  for (let row = top; row < top + height; row += 1) canvas.fill(0, row, canvas.columns, 'plain');
  canvas.box(left, top, width, height, title, 'busy');
  lines.forEach((line, at) => canvas.put(left + 2, top + 1 + at, line, 'plain', inner));
  question.forEach((line, at) => {
    const row = top + 1 + lines.length + at;
    const last = at === question.length - 1;
    if (!isTyped(dialog) || !last) {
      canvas.put(left + 2, row, line, 'strong', inner);
      return;
    }
    canvas.fill(left + 2, row, inner, 'field');
    const typed = dialog.typed.slice(-(inner - 1));
    canvas.put(left + 2, row, typed, 'field', inner);
    canvas.cursorAt(left + 2 + columnsOf(typed), row);
  });
}

export function titleOf(dialog: Dialog): string {
  switch (dialog.ask) {
    case 'remove-key':
    case 'remove-used-key':
      return REMOVE_KEY_TITLE;
    case 'setting':
      return SETTING_TITLE;
    case 'switch-log':
      return logSwitchTitle(dialog.domain, dialog.keep);
    case 'yes':
    case 'name':
      return confirmTitle(dialog.action, dialog.domain);
  }
}

/** How long a rescue lasts, and how to choose another time. */
export function timeText(dialog: Dialog, how: string): string[] {
  if (dialog.ask !== 'name' || dialog.time === undefined) return [];
  return [`${rescueTimeSentence(chosenTime(dialog.time))} ${how}`];
}

export function explanation(state: MenuState, dialog: Dialog): string[] {
  if (dialog.ask === 'setting') return [settingSentence(dialog.setting), SETTING_STAYS];
  if (dialog.ask === 'remove-key' || dialog.ask === 'remove-used-key') {
    const key = state.keys?.find((one) => one.fingerprint === dialog.fingerprint);
    return removeKeySentences(key?.comment ?? '', dialog.fingerprint, key?.inUse ?? false);
  }
  if (dialog.ask === 'switch-log') return [logSwitchSentence(dialog.domain, dialog.keep)];
  if (dialog.action === 'reinstall')
    return dialog.ask === 'name' ? erasing(state, dialog.domain, dialog.profile) : [];
  const what = confirmSentences(dialog.action, dialog.domain);
  if (dialog.ask === 'yes') return what;
  const profile = findDomain(state, dialog.domain)?.profiles.find((one) => one.name === dialog.profile);
  if (dialog.action === 'poweroff') return [...what, ...afterPowerOff(state, dialog.domain)];
  if (profile === undefined) return what;
  return [
    profile.title,
    rescueDisks(profile.disks),
    ...rescueParameters(
      profile.parameters.map((one) => ({ ...one, value: dialog.choice?.[one.name] ?? one.value })),
    ),
    ...what,
    rescueBack(profile.hint === '' ? RESCUE_DEFAULT_HINT : profile.hint),
  ];
}

function afterPowerOff(state: MenuState, name: DomainName): string[] {
  const domain = findDomain(state, name);
  if (domain?.operation?.action === 'reinstall' && waitsForGuest(domain)) return [POWER_OFF_ENDS_REINSTALL];
  return planAfter(state, 'poweroff', name) === null ? [] : [POWER_OFF_FIRST];
}

/** The loss stands before all else: a low window cuts the end. */
function erasing(
  state: MenuState,
  name: DomainName,
  asked: Extract<TypedDialog, { ask: 'name' }>['profile'],
): string[] {
  const domain = findDomain(state, name);
  const image = domain?.images?.find((one) => one.name === asked);
  const facts = image === undefined ? '' : imageFacts(image);
  return [
    erasedSentence(name, domain?.firstDisk ?? null),
    `${image?.title ?? asked ?? ''}${facts === '' ? '' : `: ${facts}`}`,
    ...(domain === undefined || !canRescue(domain) ? [] : [REPAIR_INSTEAD]),
  ];
}

function explained(
  canvas: Canvas,
  state: MenuState,
  dialog: Dialog,
  width: number,
  small: boolean,
): string[] {
  const time = timeText(dialog, TIME_BY_ARROWS);
  return [...explanation(state, dialog), ...time].flatMap((text, at) => {
    const lines = wrap(text, width, canvas.charset);
    return at > 0 && !small ? ['', ...lines] : lines;
  });
}

/** The lines of the question. A question answered by typing ends with an empty line for its field. */
function questionOf(canvas: Canvas, state: MenuState, dialog: Dialog, width: number): string[] {
  if (!isTyped(dialog)) {
    const console = dialog.ask === 'yes' && offersConsole(state, dialog);
    if (!console) return [`${QUESTION}  ${YES_OR_NO}`];
    const line = `${QUESTION}  ${YES_CONSOLE_OR_NO}`;
    return columnsOf(line) <= width ? [line] : [QUESTION, YES_CONSOLE_OR_NO];
  }
  const wrong = dialog.wrong ? wrap(wrongWord(dialog), width, canvas.charset) : [];
  return [...wrong, ...wrap(typeTheName(wordFor(dialog)), width, canvas.charset), ''];
}
