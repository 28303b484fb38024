import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, as seen from dist/test/xen/lab. */
export const CHECKOUT = fileURLToPath(new URL('../../../..', import.meta.url));

/** The image builder, and all files that go into the image. */
export const IMAGE_SOURCE = join(CHECKOUT, 'test', 'xen', 'image');

/** The builder of the rescue image, and all files that go into it. */
export const RESCUE_SOURCE = join(CHECKOUT, 'server', 'rescue-image');

/** The built `postern`. */
export const POSTERN_SCRIPT = join(CHECKOUT, 'dist', 'server', 'postern.js');

/** The directory for images and machines, outside the checkout: about 1 GB for each image. */
export function labCache(): string {
  const configured = process.env['POSTERN_XEN_LAB'];
  if (configured !== undefined && configured !== '') return configured;
  const cache = process.env['XDG_CACHE_HOME'];
  return join(cache === undefined || cache === '' ? join(homedir(), '.cache') : cache, 'postern-xen-lab');
}
