/** Another controller that takes packages (docs/portability-push.md): a small program that stands for a second instance. */
export { startReceiver, type ReceiverOptions, type RunningReceiver } from './server.js';
