/** Numbers of linux/rtnetlink.h, linux/if_link.h, linux/pkt_sched.h and their like. */

/** Types of messages. */
export const RTM = {
  NEWLINK: 16,
  GETLINK: 18,
  NEWADDR: 20,
  GETADDR: 22,
  NEWROUTE: 24,
  GETROUTE: 26,
  NEWNEIGH: 28,
  NEWQDISC: 36,
} as const;

/** Flags of netlink(7) messages. */
export const NLM = { REQUEST: 0x1, DUMP: 0x300, EXCL: 0x200, CREATE: 0x400, APPEND: 0x800, INTERRUPTED: 0x10 } as const;
/** Types of netlink(7)'s own messages. */
export const CONTROL = { ERROR: 2, DONE: 3 } as const;

export const FAMILY = { unspec: 0, inet: 2, bridge: 7, inet6: 10 } as const;

export const IFF = { UP: 0x1, RUNNING: 0x40 } as const;

export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  LINKINFO: 18,
  NET_NS_FD: 28,
} as const;
export const INFO = { KIND: 1, DATA: 2 } as const;

export const MACVLAN = { MODE: 1, modes: { private: 1, vepa: 2, bridge: 4, passthru: 8 } } as const;
export const VXLAN = { ID: 1, LINK: 3, LOCAL: 4, LEARNING: 7, PORT: 15, LOCAL6: 17 } as const;

export const IFA = { ADDRESS: 1, LOCAL: 2, FLAGS: 8, tentative: 0x40 } as const;
export const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, TABLE: 15, mainTable: 254 } as const;

/** Neighbours: forwarding entries of a bridge or a VXLAN. */
export const NDA = { DST: 1, LLADDR: 2, permanent: 0x80, noArp: 0x40, self: 0x02 } as const;

/** Traffic control. */
export const TCA = { KIND: 1, OPTIONS: 2, root: 0xffff_ffff } as const;
export const TBF = { PARMS: 1, RATE64: 4, BURST: 6 } as const;
export const NETEM = { LATENCY64: 10 } as const;
