import type { ToolstackProgram } from './command-toolstack.js';
import type { Toolstack } from './toolstack.js';
import { XlToolstack } from './xl-toolstack.js';
import { XmToolstack } from './xm-toolstack.js';

export interface ToolstackSettings extends ToolstackProgram {
  readonly kind: 'xl' | 'xm';
}

/** The toolstack that the settings name. */
export function toolstackOf(settings: ToolstackSettings): Toolstack {
  return settings.kind === 'xl' ? new XlToolstack(settings) : new XmToolstack(settings);
}
