//! The keywords of each block (keepalived 2.2.7, each tried with `keepalived -t`) and what they
//! take.

/// What stands behind a keyword.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Takes {
    /// Words, or nothing.
    Text,
    /// A whole number.
    Number(i64, i64),
    /// Seconds, with a fraction; here in milliseconds.
    Seconds(u64, u64),
    OneOf(&'static [&'static str]),
    /// Words; it may stand several times, and each counts.
    Several,
    /// Lines in braces that are no keywords.
    List,
    /// Keywords in braces.
    Block(&'static Keywords),
}

pub(super) type Keyword = (&'static str, Takes);

#[derive(Debug, PartialEq)]
pub(super) struct Keywords {
    pub(super) name: &'static str,
    own: &'static [Keyword],
    /// Those that take words, once.
    texts: &'static [&'static str],
    /// Those of several blocks.
    shared: &'static [Keyword],
}

impl Keywords {
    pub(super) fn get(&self, keyword: &str) -> Option<Takes> {
        let known = self.own.iter().chain(self.shared).find(|(name, _)| *name == keyword);
        let text = || self.texts.contains(&keyword).then_some(Takes::Text);
        known.map(|(_, takes)| *takes).or_else(text)
    }
}

const SCHEDULERS: &[&str] = &[
    "rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf", "twos",
];
const METHODS: &[&str] = &["NAT", "DR", "TUN"];
const DAY_MS: u64 = 86_400_000;

pub(super) static ROOT: Keywords = Keywords {
    name: "the file",
    own: &[
        ("global_defs", Takes::Block(&GLOBAL)),
        ("vrrp_instance", Takes::Block(&INSTANCE)),
        ("vrrp_sync_group", Takes::Block(&SYNC_GROUP)),
        ("vrrp_script", Takes::Block(&SCRIPT)),
        ("vrrp_track_process", Takes::Block(&TRACK_PROCESS)),
        ("track_file", Takes::Block(&TRACK_FILE)),
        ("vrrp_track_file", Takes::Block(&TRACK_FILE)),
        ("track_group", Takes::Block(&TRACK_GROUP)),
        ("garp_group", Takes::Block(&GARP_GROUP)),
        ("virtual_server", Takes::Block(&VIRTUAL_SERVER)),
        ("virtual_server_group", Takes::List),
        ("SSL", Takes::Block(&SSL)),
        ("bfd_instance", Takes::Block(&BFD)),
        ("static_ipaddress", Takes::List),
        ("static_routes", Takes::List),
        ("static_rules", Takes::List),
        ("linkbeat_interfaces", Takes::List),
        ("interface_up_down_delays", Takes::List),
        ("child_wait_time", Takes::Number(0, i64::MAX)),
    ],
    texts: &[
        "net_namespace",
        "net_namespace_ipvs",
        "namespace_with_ipsets",
        "instance",
        "use_pid_dir",
        "linkbeat_use_polling",
    ],
    shared: &[],
};

static GLOBAL: Keywords = Keywords {
    name: "global_defs",
    own: &[
        ("notification_email", Takes::List),
        ("smtp_connect_timeout", Takes::Seconds(0, 4_294_000)),
        ("vrrp_version", Takes::Number(2, 3)),
        ("vrrp_garp_master_repeat", Takes::Number(0, i64::MAX)),
        ("vrrp_garp_master_refresh_repeat", Takes::Number(0, i64::MAX)),
        ("vrrp_down_timer_adverts", Takes::Number(1, 100)),
        ("vrrp_priority", Takes::Number(-20, 19)),
        ("checker_priority", Takes::Number(-20, 19)),
        ("bfd_priority", Takes::Number(-20, 19)),
        ("startup_script_timeout", Takes::Number(1, 1_000)),
        ("shutdown_script_timeout", Takes::Number(1, 1_000)),
        ("vrrp_cpu_affinity", Takes::Several),
        ("checker_cpu_affinity", Takes::Several),
        ("bfd_cpu_affinity", Takes::Several),
        ("lvs_timeouts", Takes::Several),
    ],
    texts: include!("global_keywords.rs"),
    shared: &[],
};

static INSTANCE: Keywords = Keywords {
    name: "vrrp_instance",
    own: &[
        ("state", Takes::OneOf(&["MASTER", "BACKUP"])),
        ("virtual_router_id", Takes::Number(1, 255)),
        ("priority", Takes::Number(1, 255)),
        ("version", Takes::Number(2, 3)),
        ("advert_int", Takes::Seconds(10, 255_000)),
        ("down_timer_adverts", Takes::Number(1, 100)),
        ("preempt_delay", Takes::Seconds(0, 1_000_000)),
        ("garp_master_repeat", Takes::Number(0, i64::MAX)),
        ("garp_master_refresh_repeat", Takes::Number(0, i64::MAX)),
        ("garp_lower_prio_repeat", Takes::Number(0, i64::MAX)),
        ("unicast_ttl", Takes::Number(0, 255)),
        ("authentication", Takes::Block(&AUTHENTICATION)),
        ("virtual_ipaddress", Takes::List),
        ("virtual_ipaddress_excluded", Takes::List),
        ("virtual_routes", Takes::List),
        ("virtual_rules", Takes::List),
        ("unicast_peer", Takes::List),
        ("track_interface", Takes::List),
        ("track_script", Takes::List),
        ("track_file", Takes::List),
        ("track_process", Takes::List),
        ("track_bfd", Takes::List),
    ],
    texts: &[
        "accept",
        "no_accept",
        "check_unicast_src",
        "debug",
        "dont_track_primary",
        "garp_extra_if",
        "garp_lower_prio_delay",
        "garp_master_delay",
        "garp_master_refresh",
        "higher_prio_send_advert",
        "interface",
        "kernel_rx_buf_size",
        "linkbeat_use_polling",
        "lower_prio_no_advert",
        "lvs_sync_daemon_interface",
        "mcast_dst_ip",
        "mcast_src_ip",
        "native_ipv6",
        "nopreempt",
        "notify_deleted",
        "notify_master_rx_lower_pri",
        "old_unicast_checksum",
        "preempt",
        "promote_secondaries",
        "skip_check_adv_addr",
        "strict_mode",
        "track_src_ip",
        "unicast_fault_no_peer",
        "unicast_src_ip",
        "use_ipvlan",
        "use_vmac",
        "use_vmac_addr",
        "vmac_garp_intvl",
        "vmac_xmit_base",
        "vrf",
        // Newer than 2.2.7.
        "v3_checksum_as_v2",
        "auth_hmac",
        "auth_hmac_key",
    ],
    shared: NOTIFY,
};

const NOTIFY: &[Keyword] = &[
    ("notify", Takes::Text),
    ("notify_master", Takes::Text),
    ("notify_backup", Takes::Text),
    ("notify_fault", Takes::Text),
    ("notify_stop", Takes::Text),
    ("notify_priority_changes", Takes::Text),
    ("smtp_alert", Takes::Text),
];

static AUTHENTICATION: Keywords = Keywords {
    name: "authentication",
    own: &[("auth_type", Takes::OneOf(&["PASS", "AH"]))],
    texts: &["auth_pass"],
    shared: &[],
};

static SYNC_GROUP: Keywords = Keywords {
    name: "vrrp_sync_group",
    own: &[
        ("group", Takes::List),
        ("track_interface", Takes::List),
        ("track_script", Takes::List),
        ("track_file", Takes::List),
        ("track_process", Takes::List),
        ("track_bfd", Takes::List),
    ],
    texts: &["global_tracking", "sync_group_tracking_weight"],
    shared: NOTIFY,
};

static SCRIPT: Keywords = Keywords {
    name: "vrrp_script",
    own: &[
        ("interval", Takes::Seconds(1, 4_294_967_000)),
        ("timeout", Takes::Seconds(0, 4_294_967_000)),
        ("weight", Takes::Number(-253, 253)),
        ("rise", Takes::Number(1, i64::MAX)),
        ("fall", Takes::Number(1, i64::MAX)),
    ],
    texts: &["script", "user", "init_fail"],
    shared: &[],
};

static TRACK_PROCESS: Keywords = Keywords {
    name: "vrrp_track_process",
    own: &[
        ("weight", Takes::Number(-254, 254)),
        ("quorum", Takes::Number(1, 65_535)),
        ("quorum_max", Takes::Number(0, 65_535)),
    ],
    texts: &["process", "param_match", "delay", "fork_delay", "terminate_delay", "full_command"],
    shared: &[],
};

static TRACK_FILE: Keywords = Keywords {
    name: "track_file",
    own: &[("weight", Takes::Number(-254, 254))],
    texts: &["file", "init_file"],
    shared: &[],
};

static TRACK_GROUP: Keywords =
    Keywords { name: "track_group", own: &[("group", Takes::List)], texts: &[], shared: &[] };

static GARP_GROUP: Keywords = Keywords {
    name: "garp_group",
    own: &[("interfaces", Takes::List)],
    texts: &["garp_interval", "gna_interval", "interface"],
    shared: &[],
};

static SSL: Keywords = Keywords {
    name: "SSL",
    own: &[],
    texts: &["password", "ca", "certificate", "key"],
    shared: &[],
};

static BFD: Keywords = Keywords {
    name: "bfd_instance",
    own: &[
        ("multiplier", Takes::Number(1, 255)),
        ("ttl", Takes::Number(1, 255)),
        ("hoplimit", Takes::Number(1, 255)),
        ("max_hops", Takes::Number(-1, 255)),
        ("weight", Takes::Number(-253, 253)),
    ],
    texts: &["neighbor_ip", "source_ip", "min_rx", "min_tx", "idle_tx", "passive"],
    shared: &[],
};

static VIRTUAL_SERVER: Keywords = Keywords {
    name: "virtual_server",
    own: &[
        ("delay_loop", Takes::Seconds(1, DAY_MS * 49)),
        ("lvs_sched", Takes::OneOf(SCHEDULERS)),
        ("lb_algo", Takes::OneOf(SCHEDULERS)),
        ("lvs_method", Takes::OneOf(METHODS)),
        ("lb_kind", Takes::OneOf(METHODS)),
        ("sorry_server_lvs_method", Takes::OneOf(METHODS)),
        ("protocol", Takes::OneOf(&["TCP", "UDP", "SCTP"])),
        ("ip_family", Takes::OneOf(&["inet", "inet6"])),
        ("quorum", Takes::Number(1, 4_294_967_295)),
        ("hysteresis", Takes::Number(0, 4_294_967_295)),
        ("weight", Takes::Number(0, 2_147_483_647)),
        ("persistence_timeout", Takes::Number(1, 2_678_400)),
        ("retry", Takes::Number(0, 4_294_967_295)),
        ("connect_timeout", Takes::Seconds(1, 4_294_967_000)),
        ("delay_before_retry", Takes::Seconds(0, 4_294_967_000)),
        ("real_server", Takes::Block(&REAL_SERVER)),
    ],
    texts: &[
        "alpha",
        "omega",
        "ops",
        "hashed",
        "flag-1",
        "flag-2",
        "flag-3",
        "sh-fallback",
        "sh-port",
        "mh-fallback",
        "mh-port",
        "ha_suspend",
        "inhibit_on_failure",
        "persistence_engine",
        "persistence_granularity",
        "quorum_up",
        "quorum_down",
        "smtp_alert",
        "snmp_name",
        "sorry_server",
        "sorry_server_inhibit",
        "virtualhost",
        "warmup",
    ],
    shared: &[],
};

static REAL_SERVER: Keywords = Keywords {
    name: "real_server",
    own: &[
        ("weight", Takes::Number(0, 2_147_483_647)),
        ("lvs_method", Takes::OneOf(METHODS)),
        ("uthreshold", Takes::Number(0, 4_294_967_295)),
        ("lthreshold", Takes::Number(0, 4_294_967_295)),
        ("TCP_CHECK", Takes::Block(&TCP_CHECK)),
        ("HTTP_GET", Takes::Block(&HTTP_GET)),
        ("SSL_GET", Takes::Block(&SSL_GET)),
        ("SMTP_CHECK", Takes::Block(&SMTP_CHECK)),
        ("DNS_CHECK", Takes::Block(&DNS_CHECK)),
        ("MISC_CHECK", Takes::Block(&MISC_CHECK)),
        ("UDP_CHECK", Takes::Block(&UDP_CHECK)),
        ("PING_CHECK", Takes::Block(&PING_CHECK)),
        ("FILE_CHECK", Takes::Block(&FILE_CHECK)),
        ("BFD_CHECK", Takes::Block(&BFD_CHECK)),
    ],
    texts: &[
        "inhibit_on_failure",
        "notify_up",
        "notify_down",
        "smtp_alert",
        "virtualhost",
        "snmp_name",
    ],
    shared: ATTEMPTS,
};

/// Of each check, and of the real server and the service for all of theirs.
const ATTEMPTS: &[Keyword] = &[
    ("alpha", Takes::Text),
    ("warmup", Takes::Seconds(0, 4_294_967_000)),
    ("delay_loop", Takes::Seconds(1, DAY_MS * 49)),
    ("retry", Takes::Number(0, 4_294_967_295)),
    ("delay_before_retry", Takes::Seconds(0, 4_294_967_000)),
    CONNECT_TIMEOUT,
];

const CONNECT_TIMEOUT: Keyword = ("connect_timeout", Takes::Seconds(1, 4_294_967_000));

/// Of each check that connects.
const CONNECTS: &[Keyword] = &[
    ("alpha", Takes::Text),
    ("warmup", Takes::Seconds(0, 4_294_967_000)),
    ("delay_loop", Takes::Seconds(1, DAY_MS * 49)),
    ("retry", Takes::Number(0, 4_294_967_295)),
    ("delay_before_retry", Takes::Seconds(0, 4_294_967_000)),
    ("connect_timeout", Takes::Seconds(1, 4_294_967_000)),
    ("connect_ip", Takes::Text),
    ("connect_port", Takes::Number(1, 65_535)),
    ("bindto", Takes::Text),
    ("bind_if", Takes::Text),
    ("bind_port", Takes::Number(1, 65_535)),
    ("fwmark", Takes::Number(0, 4_294_967_295)),
];

const fn check(
    name: &'static str,
    own: &'static [Keyword],
    texts: &'static [&'static str],
) -> Keywords {
    Keywords { name, own, texts, shared: CONNECTS }
}

const HTTP: &[Keyword] =
    &[("url", Takes::Block(&URL)), ("nb_get_retry", Takes::Number(0, 4_294_967_295))];
const HTTP_TEXTS: &[&str] =
    &["virtualhost", "http_protocol", "enable_sni", "fast_recovery", "tls_compliant"];

static TCP_CHECK: Keywords = check("TCP_CHECK", &[], &[]);
static HTTP_GET: Keywords = check("HTTP_GET", HTTP, HTTP_TEXTS);
static SSL_GET: Keywords = check("SSL_GET", HTTP, HTTP_TEXTS);
static SMTP_CHECK: Keywords = check("SMTP_CHECK", &[("host", Takes::Block(&HOST))], &["helo_name"]);
static DNS_CHECK: Keywords = check("DNS_CHECK", &[], &["type", "name"]);
static MISC_CHECK: Keywords = Keywords {
    name: "MISC_CHECK",
    own: &[],
    texts: &["misc_path", "misc_timeout", "misc_dynamic", "user"],
    shared: ATTEMPTS.split_at(5).0,
};
static UDP_CHECK: Keywords = check(
    "UDP_CHECK",
    &[
        ("min_reply_length", Takes::Number(0, 65_535)),
        ("max_reply_length", Takes::Number(0, 65_535)),
    ],
    &["payload", "require_reply"],
);
static PING_CHECK: Keywords = check("PING_CHECK", &[], &[]);
static FILE_CHECK: Keywords = Keywords {
    name: "FILE_CHECK",
    own: &[],
    texts: &["track_file", "weight", "dynamic"],
    shared: &[],
};
static BFD_CHECK: Keywords =
    Keywords { name: "BFD_CHECK", own: &[], texts: &["name", "alpha"], shared: &[] };
static HOST: Keywords = check("host", &[], &[]);

static URL: Keywords = Keywords {
    name: "url",
    own: &[("status_code", Takes::Text)],
    texts: &[
        "path",
        "digest",
        "virtualhost",
        "regex",
        "regex_no_match",
        "regex_options",
        "regex_stack",
        "regex_min_offset",
        "regex_max_offset",
        "tls_compliant",
    ],
    shared: &[],
};
