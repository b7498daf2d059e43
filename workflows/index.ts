/** Every workflow that workers serve, registered by export name. */
export { due } from './due.js';
export { request } from './request.js';
