/**
 * The pool wraps the prototype of a class in one more Proxy each time it makes an instance of the class. A call of the
 * thousandth object then goes through a thousand of them (`createProxyPrototypeClass` in vitest-pool-workers 0.23), and
 * files that share a Worker make thousands of objects. This makes the pool take the Proxy that is there already.
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
