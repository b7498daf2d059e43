/** Every workflow that workers serve, registered by export name. */
export { request } from './request.js';
