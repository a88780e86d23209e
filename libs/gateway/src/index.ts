export { startGateway } from './gateway.ts';
export type { Gateway, GatewayOptions, GatewayStatus, HubMessage } from './gateway.ts';
export type { GatewayLog, LogFields } from './gateway-log.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export type { GatewayLimits } from './limits.ts';
export { ListenError } from './listen.ts';
export { REJECTION_TITLES } from './rejection-titles.ts';
