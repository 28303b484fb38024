/** A non-empty text: a path, a command. */
export const TEXT = { type: 'string', minLength: 1, maxLength: 4096 } as const;

/** A whole number with its default and range. */
export function integer(byDefault: number, minimum: number, maximum: number, description: string) {
  return { type: 'integer', default: byDefault, minimum, maximum, description } as const;
}

/** A mapping whose keys all have defaults, so that it can be left out. */
export function section<const P extends Readonly<Record<string, object>>>(
  description: string,
  properties: P,
) {
  return { type: 'object', default: {}, additionalProperties: false, description, properties } as const;
}

export const LOG = section('The log: JSON lines on stderr.', {
  level: {
    type: 'string',
    enum: ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
    default: 'info',
    description: 'The least level that is written.',
  },
});
