/**
 * The pool wraps the prototype of a class in one more Proxy each time it makes an instance of the class, so that a call of
 * the thousandth object goes through a thousand of them (`createProxyPrototypeClass` in vitest-pool-workers 0.23). Files
 * share a Worker, and together they make thousands. Here the Proxy that stands there already is taken instead of another one.
 */
const wrapped = new WeakSet<object>();

globalThis.Proxy = new Proxy(globalThis.Proxy, {
  construct(proxyClass, args: [object, ProxyHandler<object>], newTarget) {
    const [target, { get }] = args;
    if (wrapped.has(target)) return target;
    const proxy = Reflect.construct(proxyClass, args, newTarget);
    if (get !== undefined && String(get).includes("getUnknownPrototypeKey")) wrapped.add(proxy);
    return proxy;
  },
});
