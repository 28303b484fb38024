/** One command, and where its output goes. */
export interface SimpleCommand {
  readonly words: readonly string[];
  readonly output: { readonly path: string; readonly append: boolean } | undefined;
}

/** Commands joined by `|`; they run when the status before satisfies `when`. */
export interface Pipeline {
  readonly when: 'always' | 'success' | 'failure';
  readonly commands: readonly SimpleCommand[];
}

/** A syntax error, with the shell's message. */
export class CommandLineFault extends Error {}

type Token = { readonly word: string } | { readonly operator: string };

const OPERATOR = /^(&&|\|\||>>|[;|>&])/;

/** Parses quotes, `;`, `&&`, `||`, `|`, `>` and `>>`, `$NAME`, `$?` and `$((…))`. */
export function parseCommandLine(line: string, variable: (name: string) => string): Pipeline[] {
  const pipelines: Pipeline[] = [];
  let when: Pipeline['when'] = 'always';
  let commands: SimpleCommand[] = [];
  let words: string[] = [];
  let output: SimpleCommand['output'];
  let redirect: '>' | '>>' | undefined;

  const endCommand = (operator: string): void => {
    if (redirect !== undefined) throw new CommandLineFault('syntax error: unexpected redirection');
    if (words.length > 0) commands.push({ words, output });
    else if (operator !== ';' || commands.length > 0)
      throw new CommandLineFault(`syntax error: unexpected "${operator}"`);
    words = [];
    output = undefined;
  };
  const endPipeline = (operator: string): void => {
    if (words.length > 0 || commands.length > 0 || operator !== ';') endCommand(operator);
    if (commands.length > 0) pipelines.push({ when, commands });
    commands = [];
  };

  for (const token of tokens(line, variable)) {
    if ('word' in token) {
      if (redirect === undefined) words.push(token.word);
      else output = { path: token.word, append: redirect === '>>' };
      redirect = undefined;
      continue;
    }
    switch (token.operator) {
      case '>':
      case '>>':
        redirect = token.operator;
        break;
      case '|':
        endCommand('|');
        break;
      default:
        if (words.length === 0 && commands.length === 0) {
          throw new CommandLineFault(`syntax error: unexpected "${token.operator}"`);
        }
        endPipeline(token.operator === '&' ? ';' : token.operator);
        when = token.operator === '&&' ? 'success' : token.operator === '||' ? 'failure' : 'always';
    }
  }
  endPipeline(';');
  return pipelines;
}

function* tokens(line: string, variable: (name: string) => string): Generator<Token> {
  let word: string | undefined;
  let at = 0;
  const expand = (): string => {
    const rest = line.slice(at);
    const sum = /^\$\(\(([^()]*(?:\([^()]*\)[^()]*)*)\)\)/.exec(rest);
    if (sum) {
      at += sum[0].length;
      return String(arithmetic(sum[1] ?? '', variable));
    }
    const name = /^\$(?:\{(\w+)\}|(\w+|\?))/.exec(rest);
    if (!name) {
      at++;
      return '$';
    }
    at += name[0].length;
    return variable(name[1] ?? name[2] ?? '');
  };

  while (at < line.length) {
    const character = line.charAt(at);
    const operator = OPERATOR.exec(line.slice(at))?.[0];
    if (/\s/.test(character) || operator !== undefined) {
      if (word !== undefined) yield { word };
      word = undefined;
      at += operator?.length ?? 1;
      if (operator !== undefined) yield { operator };
    } else if (character === '#' && word === undefined) {
      return;
    } else if (character === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) throw new CommandLineFault('syntax error: unterminated quoted string');
      word = (word ?? '') + line.slice(at + 1, end);
      at = end + 1;
    } else if (character === '"') {
      word ??= '';
      at++;
      while (line.charAt(at) !== '"') {
        if (at >= line.length) throw new CommandLineFault('syntax error: unterminated quoted string');
        if (line.charAt(at) === '$') word += expand();
        else {
          if (/^\\["\\$`]/.test(line.slice(at))) at++;
          word += line.charAt(at++);
        }
      }
      at++;
    } else if (character === '$') {
      word = (word ?? '') + expand();
    } else {
      if (character === '\\') at++;
      word = (word ?? '') + line.charAt(at++);
    }
  }
  if (word !== undefined) yield { word };
}

/** Integers, `+ - * / %` and parentheses. */
function arithmetic(text: string, variable: (name: string) => string): number {
  const parts = text.match(/\d+|[A-Za-z_]\w*|[-+*/%()]/g) ?? [];
  if (parts.join('') !== text.replace(/\s/g, '')) throw new CommandLineFault('arithmetic syntax error');
  const factor = (): number => {
    const part = parts.shift();
    if (part === '-') return -factor();
    if (part === '+') return factor();
    if (part === '(') {
      const value = sum();
      if (parts.shift() !== ')') throw new CommandLineFault('arithmetic syntax error');
      return value;
    }
    if (part === undefined || /^[-+*/%)]$/.test(part)) throw new CommandLineFault('arithmetic syntax error');
    return /^\d/.test(part) ? Number(part) : Number(variable(part)) || 0;
  };
  const product = (): number => {
    let value = factor();
    while (parts[0] === '*' || parts[0] === '/' || parts[0] === '%') {
      const operator = parts.shift();
      const right = factor();
      if (operator !== '*' && right === 0) throw new CommandLineFault('divide by zero');
      value = operator === '*' ? value * right : operator === '/' ? Math.trunc(value / right) : value % right;
    }
    return value;
  };
  const sum = (): number => {
    let value = product();
    while (parts[0] === '+' || parts[0] === '-') value += parts.shift() === '+' ? product() : -product();
    return value;
  };
  const value = sum();
  if (parts.length > 0) throw new CommandLineFault('arithmetic syntax error');
  return value;
}
