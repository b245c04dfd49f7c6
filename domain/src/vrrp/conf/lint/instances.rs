//! VRRP: what an instance does that it does not look like.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::super::model::{AuthenticationKind, Effective, Instance};
use super::super::secrets::KEPT;
use super::super::tree::Statement;
use super::{Code, Findings, Severity};

/// All that keepalived uses of a password.
const PASSWORD_BYTES: usize = 8;

pub(super) fn instances(effective: &Effective, found: &mut Findings<'_>) {
    let configuration = found.configuration;
    let blocks = configuration.statements.iter().filter(|s| s.keyword() == "vrrp_instance");
    let blocks: BTreeMap<&str, &Statement> =
        blocks.rev().map(|block| (block.word(1), block)).collect();
    let mut by_vrid: BTreeMap<(Option<&str>, u8, bool), &Instance> = BTreeMap::new();
    for instance in &effective.instances {
        let Some(block) = blocks.get(instance.name.as_str()) else { continue };
        identity(instance, found);
        addresses(instance, found);
        adverts(instance, block, found);
        election(instance, block, found);
        password(instance, block, found);
        tracks(instance, effective, found);
        if let Some(vrid) = instance.virtual_router_id {
            let ipv6 = instance.virtual_addresses.first().is_some_and(|a| a.address.is_ipv6());
            let first =
                *by_vrid.entry((instance.interface.as_deref(), vrid, ipv6)).or_insert(instance);
            if first.name != instance.name {
                found.add(
                    Code::DuplicateVrid,
                    Severity::Error,
                    instance.place,
                    format!("{} has the virtual_router_id {vrid} of {} on the same interface, and keepalived does not start: give it one of its own", instance.name, first.name),
                    format!("{} 与 {} 在同一接口上使用了相同的 virtual_router_id {vrid}，keepalived 将无法启动：请换一个", instance.name, first.name),
                );
            }
        }
    }
    groups(effective, found);
    global(effective, found);
}

fn identity(instance: &Instance, found: &mut Findings<'_>) {
    let name = &instance.name;
    if instance.virtual_router_id.is_none() {
        found.add(
            Code::MissingVrid,
            Severity::Error,
            instance.place,
            format!(
                "{name} has no virtual_router_id, and keepalived does not start it: give 1 to 255"
            ),
            format!("{name} 没有 virtual_router_id，keepalived 不会启动它：请取 1 到 255"),
        );
    }
    if instance.interface.is_none() {
        found.add(
            Code::MissingInterface,
            Severity::Error,
            instance.place,
            format!("{name} has no interface: name the one that its adverts go by"),
            format!("{name} 没有 interface：请指定发送通告的接口"),
        );
    }
}

fn addresses(instance: &Instance, found: &mut Findings<'_>) {
    let name = &instance.name;
    let is_v6 = |address: &IpAddr| address.is_ipv6();
    let Some(first) = instance.virtual_addresses.first() else {
        return found.add(
            Code::NoAddress,
            Severity::Warning,
            instance.place,
            format!("{name} carries no virtual_ipaddress: add one"),
            format!("{name} 没有 virtual_ipaddress：请添加"),
        );
    };
    let family = is_v6(&first.address);
    let own = instance.virtual_addresses.iter().map(|address| &address.address);
    let mut all = own.chain(&instance.unicast_peers).chain(&instance.unicast_src_ip);
    if let Some(other) = all.find(|address| is_v6(address) != family) {
        found.add(
            Code::MixedFamilies,
            Severity::Error,
            instance.place,
            format!("{name} is of {} by its first address, and keepalived leaves {other} out: put addresses of the other family into virtual_ipaddress_excluded or an instance of their own", first.address),
            format!("{name} 的地址族由第一个地址 {} 决定，keepalived 会忽略 {other}：另一地址族请放入 virtual_ipaddress_excluded 或单独的实例", first.address),
        );
    }
}

fn adverts(instance: &Instance, block: &Statement, found: &mut Findings<'_>) {
    let Some(line) = block.last(&["advert_int"]) else { return };
    let Ok(given) = line.word(1).parse::<f64>() else { return };
    let name = &instance.name;
    if instance.version == 2 && given.fract() != 0.0 {
        let rounded = instance.advert_ms / 1_000;
        let (severity, storm) = match rounded {
            0 => (Severity::Error, " and floods the network"),
            _ => (Severity::Warning, ""),
        };
        found.add(
            Code::SubSecondAdvert,
            severity,
            line.place,
            format!("VRRP version 2 has whole seconds only: keepalived makes {rounded} s of {given}{storm}; use version 3 on both directors, or whole seconds"),
            format!("VRRP 版本 2 只支持整秒：keepalived 会把 {given} 变成 {rounded} 秒；请在两台上都用版本 3，或使用整秒"),
        );
    }
    if instance.version == 3 && given > 40.95 {
        found.add(
            Code::LongAdvert,
            Severity::Error,
            line.place,
            format!("{name}: version 3 has room for 40.95 s, and keepalived takes that instead of {given}"),
            format!("{name}：版本 3 最长 40.95 秒，keepalived 会以此代替 {given}"),
        );
    }
}

fn election(instance: &Instance, block: &Statement, found: &mut Findings<'_>) {
    let name = &instance.name;
    if instance.starts_as_master && block.last(&["priority"]).is_none() {
        found.add(
            Code::MasterWithoutPriority,
            Severity::Warning,
            instance.place,
            format!("{name} has state MASTER and no priority, so it takes 255: it never yields, and tracking does nothing; give a priority"),
            format!("{name} 设为 MASTER 但没有 priority，因此取 255：它不会让位，跟踪也不起作用；请设置 priority"),
        );
    }
    let line = block.last(&["nopreempt"]).filter(|_| instance.starts_as_master);
    if let Some(line) = line {
        found.add(
            Code::NopreemptAsMaster,
            Severity::Error,
            line.place,
            format!("nopreempt does nothing with state MASTER: give {name} state BACKUP on both directors"),
            format!("state MASTER 时 nopreempt 不起作用：请在两台上都把 {name} 设为 BACKUP"),
        );
    }
    if instance.starts_as_master && instance.preempt_delay_ms > 0 {
        found.add(
            Code::PreemptDelayAsMaster,
            Severity::Warning,
            instance.place,
            format!("{name}: keepalived drops preempt_delay with state MASTER; use state BACKUP"),
            format!("{name}：state MASTER 时 keepalived 会丢弃 preempt_delay；请用 BACKUP"),
        );
    }
    if instance.strict {
        found.add(
            Code::Strict,
            Severity::Warning,
            instance.place,
            format!("{name} is strict: packets to its addresses are dropped unless accept is set, and passwords and unicast do not count; take vrrp_strict out"),
            format!("{name} 处于严格模式：除非设置 accept，否则发往其地址的数据包会被丢弃，密码与单播也无效；请去掉 vrrp_strict"),
        );
    }
}

fn password(instance: &Instance, block: &Statement, found: &mut Findings<'_>) {
    let Some(block) = block.last(&["authentication"]) else { return };
    let name = &instance.name;
    if instance.version == 3 || instance.strict {
        return found.add(
            Code::PasswordIgnored,
            Severity::Warning,
            block.place,
            format!("{name}: version 3 and strict mode know no passwords, and keepalived ignores this block: take it out"),
            format!("{name}：版本 3 与严格模式不支持密码，keepalived 会忽略此块：请删除"),
        );
    }
    let Some(authentication) = &instance.authentication else {
        return found.add(
            Code::NoPassword,
            Severity::Error,
            block.place,
            format!("{name} has an authentication without auth_type and auth_pass, and goes without: give both"),
            format!("{name} 的 authentication 缺少 auth_type 或 auth_pass，等于没有认证：请补全"),
        );
    };
    let line = block.last(&["auth_pass"]).map_or(block.place, |line| line.place);
    let password = authentication.password.revealed();
    if password.len() > PASSWORD_BYTES && !password.starts_with(KEPT) {
        found.add(
            Code::LongPassword,
            Severity::Warning,
            line,
            format!("keepalived uses the first {PASSWORD_BYTES} bytes of a password and this one is longer: shorten it"),
            format!("keepalived 只使用密码的前 {PASSWORD_BYTES} 字节，而此密码更长：请缩短"),
        );
    }
    if authentication.kind == AuthenticationKind::Ah {
        found.add(
            Code::AuthenticationHeader,
            Severity::Note,
            block.place,
            format!("{name}: adverts with AH are IP protocol 51; a firewall that lets 112 in alone drops them and both become MASTER"),
            format!("{name}：AH 通告使用 IP 协议 51；只放行 112 的防火墙会丢弃它们，导致双主"),
        );
    }
}

fn tracks(instance: &Instance, effective: &Effective, found: &mut Findings<'_>) {
    let scripts = instance.track_scripts.iter().map(|tracked| (tracked, "vrrp_script"));
    let files = instance.track_files.iter().map(|tracked| (tracked, "track_file"));
    for (tracked, kind) in scripts.chain(files) {
        let known = match kind {
            "vrrp_script" => effective.scripts.iter().any(|script| script.name == tracked.name),
            _ => effective.track_files.iter().any(|file| file.name == tracked.name),
        };
        if !known {
            found.add(
                Code::UndefinedTrack,
                Severity::Error,
                instance.place,
                format!(
                    "{} follows {}, which no {kind} defines, and keepalived ignores it: define it",
                    instance.name, tracked.name
                ),
                format!(
                    "{} 跟踪了 {}，但没有对应的 {kind} 定义，keepalived 会忽略它：请定义",
                    instance.name, tracked.name
                ),
            );
        }
    }
}

fn groups(effective: &Effective, found: &mut Findings<'_>) {
    for group in &effective.sync_groups {
        for name in &group.instances {
            if !effective.instances.iter().any(|instance| instance.name == *name) {
                found.add(
                    Code::UndefinedInstance,
                    Severity::Error,
                    group.place,
                    format!(
                        "{} names {name}, which is no vrrp_instance here: mend the name",
                        group.name
                    ),
                    format!("{} 引用了 {name}，但没有这个 vrrp_instance：请更正名称", group.name),
                );
            }
        }
    }
}

fn global(effective: &Effective, found: &mut Findings<'_>) {
    let has_work = !effective.instances.is_empty() || !effective.virtual_servers.is_empty();
    if has_work && !effective.global.reload_check_config {
        found.of_file(
            Code::NoReloadCheck,
            Severity::Warning,
            "global_defs has no reload_check_config: a reload of a broken file ends keepalived 2.2.7 and leaves its addresses behind; add it",
            "global_defs 中没有 reload_check_config：重新加载损坏的配置会使 keepalived 2.2.7 退出并遗留其地址；请添加",
        );
    }
    if !effective.scripts.is_empty() && !effective.global.script_security {
        found.of_file(
            Code::NoScriptSecurity,
            Severity::Warning,
            "Scripts are run, and global_defs has no enable_script_security: one that others may write to runs as root; add it and a script_user",
            "配置了脚本，但 global_defs 中没有 enable_script_security：他人可写的脚本会以 root 运行；请添加并设置 script_user",
        );
    }
}
