//! How long keepalived takes to notice and to act (RFC 3768 §6.1, RFC 5798 §6.1; `vrrp.h`).

use std::time::Duration;

use super::InstanceConf;

/// How much later a backup of this priority acts than one of the highest: v2 (256 − priority)/256
/// of a second whatever the advert interval, v3 that share of the advert interval.
pub fn skew(conf: &InstanceConf, effective_priority: u8) -> Duration {
    let unit = if conf.version == 3 { advert_interval(conf) } else { Duration::from_secs(1) };
    unit * (256 - u32::from(effective_priority)) / 256
}

/// The same in whole milliseconds, of what a file says.
pub fn skew_ms(version: u8, advert_ms: u64, priority: u8) -> u64 {
    let unit_ms = if version == 3 { advert_ms } else { 1_000 };
    unit_ms * (256 - u64::from(priority)) / 256
}

/// After this long without adverts a backup takes over.
pub fn master_down(conf: &InstanceConf, effective_priority: u8) -> Duration {
    advert_interval(conf) * u32::from(conf.down_timer_adverts) + skew(conf, effective_priority)
}

pub fn advert_interval(conf: &InstanceConf) -> Duration {
    Duration::from_millis(conf.advert_ms)
}

pub fn preempt_delay(conf: &InstanceConf) -> Duration {
    Duration::from_millis(conf.preempt_delay_ms)
}

/// The longest that a backup which now outranks the master waits before it takes the addresses:
/// it discards the master's lower adverts until its own timer runs out.
pub fn preemption(conf: &InstanceConf, effective_priority: u8) -> Duration {
    preempt_delay(conf) + master_down(conf, effective_priority)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::conf;
    use super::*;

    #[test]
    fn skew_depends_on_the_interval_only_in_version_3() {
        let mut conf = conf("VI_WEB", 100);
        assert_eq!(skew(&conf, 100), Duration::from_micros(609_375));
        conf.advert_ms = 10_000;
        assert_eq!(skew(&conf, 100), Duration::from_micros(609_375));
        conf.version = 3;
        conf.advert_ms = 100;
        assert_eq!(skew(&conf, 100), Duration::from_nanos(60_937_500));
    }

    #[test]
    fn a_backup_of_priority_90_waits_3_65_seconds() {
        assert_eq!(
            master_down(&conf("VI_WEB", 90), 90),
            Duration::from_micros(3_648_437) + Duration::from_nanos(500)
        );
    }
}
