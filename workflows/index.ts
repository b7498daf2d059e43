/** Every workflow that workers serve, registered by export name. */
export { accountClosure } from './account-closure.js';
export { breach } from './breach.js';
export { delivery } from './delivery.js';
export { due } from './due.js';
export { request } from './request.js';
