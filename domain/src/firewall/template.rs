//! Rules that many nodes need, with fields for what differs. They go before the chain's other rules,
//! so that no earlier rule decides.

use super::draft::{Change, Edit, EditError, edit};
use super::model::{Family, Ruleset, TableName};

/// A few rules with fields in them, written `{field}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Template {
    pub id: &'static str,
    /// English and Chinese.
    pub name: [&'static str; 2],
    pub fields: &'static [Field],
    v4: &'static [Line],
    v6: &'static [Line],
}

#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// English and Chinese.
    pub label: [&'static str; 2],
    /// What stands there at first, for each family.
    pub at_first: [&'static str; 2],
}

type Line = (TableName, &'static str, &'static str);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("expected one word for {field}; found {found:?}")]
    Value { field: &'static str, found: String },
    #[error("{rule}: {source}")]
    Rule {
        rule: String,
        #[source]
        source: EditError,
    },
}

const FROM: Field =
    Field { name: "from", label: ["From", "来源"], at_first: ["192.168.0.0/16", "fd00::/8"] };
const PORT: Field = Field { name: "port", label: ["Port", "端口"], at_first: ["80", "80"] };
const VIP: Field = Field {
    name: "vip",
    label: ["Virtual IP", "虚拟 IP"],
    at_first: ["192.0.2.10", "2001:db8::10"],
};

/// All there are, in the order of a menu.
pub const ALL: [Template; 9] = [
    // Adverts are IP protocol 112 to 224.0.0.18 (RFC 9568 section 5.1.1), over IPv6 to ff02::12.
    Template {
        id: "vrrp",
        name: ["Admit VRRP adverts", "放行 VRRP 通告"],
        fields: &[FROM],
        v4: &[
            (TableName::Filter, "INPUT", "-s {from} -d 224.0.0.18 -p 112 -j ACCEPT"),
            (TableName::Filter, "OUTPUT", "-d 224.0.0.18 -p 112 -j ACCEPT"),
        ],
        v6: &[
            (TableName::Filter, "INPUT", "-s fe80::/10 -d ff02::12 -p 112 -j ACCEPT"),
            (TableName::Filter, "OUTPUT", "-d ff02::12 -p 112 -j ACCEPT"),
        ],
    },
    // keepalived's auth_type AH wraps the advert in protocol 51.
    Template {
        id: "vrrp_ah",
        name: ["Admit VRRP adverts with AH", "放行带 AH 的 VRRP 通告"],
        fields: &[FROM],
        v4: &[
            (TableName::Filter, "INPUT", "-s {from} -d 224.0.0.18 -p 51 -j ACCEPT"),
            (TableName::Filter, "OUTPUT", "-d 224.0.0.18 -p 51 -j ACCEPT"),
        ],
        v6: &[],
    },
    Template {
        id: "mysql",
        name: ["Admit MySQL from a subnet", "放行来自子网的 MySQL"],
        fields: &[FROM, Field { at_first: ["3306", "3306"], ..PORT }],
        v4: &[(TableName::Filter, "INPUT", "-s {from} -p tcp -m tcp --dport {port} -j ACCEPT")],
        v6: &[(TableName::Filter, "INPUT", "-s {from} -p tcp -m tcp --dport {port} -j ACCEPT")],
    },
    Template {
        id: "web",
        name: ["Admit web clients", "放行 Web 客户端"],
        fields: &[Field { at_first: ["80,443", "80,443"], ..PORT }],
        v4: &[(TableName::Filter, "INPUT", "-p tcp -m multiport --dports {port} -j ACCEPT")],
        v6: &[(TableName::Filter, "INPUT", "-p tcp -m multiport --dports {port} -j ACCEPT")],
    },
    // IPVS takes packets at LOCAL_IN; the answers of NAT real servers pass FORWARD.
    Template {
        id: "lvs_director",
        name: ["LVS director: admit a virtual service", "LVS 调度器：放行虚拟服务"],
        fields: &[VIP, PORT],
        v4: &[
            (TableName::Filter, "INPUT", "-d {vip} -p tcp -m tcp --dport {port} -j ACCEPT"),
            (TableName::Filter, "FORWARD", "-p tcp -m tcp --sport {port} -j ACCEPT"),
        ],
        v6: &[
            (TableName::Filter, "INPUT", "-d {vip} -p tcp -m tcp --dport {port} -j ACCEPT"),
            (TableName::Filter, "FORWARD", "-p tcp -m tcp --sport {port} -j ACCEPT"),
        ],
    },
    Template {
        id: "lvs_real_server",
        name: ["LVS real server by DR: admit the virtual IP", "LVS 真实服务器（DR）：放行虚拟 IP"],
        fields: &[VIP, PORT],
        v4: &[(TableName::Filter, "INPUT", "-d {vip} -p tcp -m tcp --dport {port} -j ACCEPT")],
        v6: &[(TableName::Filter, "INPUT", "-d {vip} -p tcp -m tcp --dport {port} -j ACCEPT")],
    },
    // By TUN the packet comes in another, of IP protocol 4, and is seen again without it.
    Template {
        id: "lvs_tunnel",
        name: ["LVS real server by TUN: admit the tunnel", "LVS 真实服务器（TUN）：放行隧道"],
        fields: &[
            Field { label: ["Director", "调度器"], at_first: ["192.0.2.1", ""], ..FROM },
            VIP,
            PORT,
        ],
        v4: &[
            (TableName::Filter, "INPUT", "-s {from} -p 4 -j ACCEPT"),
            (TableName::Filter, "INPUT", "-d {vip} -p tcp -m tcp --dport {port} -j ACCEPT"),
        ],
        v6: &[],
    },
    Template {
        id: "block",
        name: ["Block an address", "封禁地址"],
        fields: &[Field { at_first: ["203.0.113.7", "2001:db8::7"], ..FROM }],
        v4: &[
            (TableName::Filter, "INPUT", "-s {from} -j DROP"),
            (TableName::Filter, "FORWARD", "-s {from} -j DROP"),
        ],
        v6: &[
            (TableName::Filter, "INPUT", "-s {from} -j DROP"),
            (TableName::Filter, "FORWARD", "-s {from} -j DROP"),
        ],
    },
    // Whoever signs in for the console is never counted.
    Template {
        id: "ssh_rate",
        name: ["Limit new SSH connections", "限制新的 SSH 连接"],
        fields: &[
            Field {
                name: "console",
                label: ["Never limit", "不限制"],
                at_first: ["192.0.2.250", "2001:db8::250"],
            },
            Field { at_first: ["22", "22"], ..PORT },
            Field {
                name: "rate", label: ["At most", "最多"], at_first: ["6/minute", "6/minute"]
            },
        ],
        v4: &SSH_RATE,
        v6: &SSH_RATE,
    },
];

const SSH_RATE: [Line; 2] = [
    (TableName::Filter, "INPUT", "-s {console} -p tcp -m tcp --dport {port} -j ACCEPT"),
    (
        TableName::Filter,
        "INPUT",
        "-p tcp -m tcp --dport {port} -m conntrack --ctstate NEW -m hashlimit --hashlimit-above {rate} --hashlimit-burst 6 --hashlimit-mode srcip --hashlimit-name ssh -j DROP",
    ),
];

/// A rule of a template, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub table: TableName,
    pub chain: &'static str,
    pub text: String,
}

impl Template {
    pub fn is_for(&self, family: Family) -> bool {
        !self.lines(family).is_empty()
    }

    /// The rules with these values in their fields; a field without one keeps what stands there at
    /// first.
    pub fn rules(
        &self,
        values: &[(&str, String)],
        family: Family,
    ) -> Result<Vec<Placed>, TemplateError> {
        let mut filled = Vec::new();
        for field in self.fields {
            let given = values.iter().find(|(name, _)| *name == field.name);
            let value = given.map_or(field.first(family), |(_, value)| value.trim());
            // A second word would be another option.
            if value.is_empty() || value.starts_with('-') || value.contains([' ', '\t', '"', '\n'])
            {
                return Err(TemplateError::Value { field: field.name, found: value.to_owned() });
            }
            filled.push((format!("{{{}}}", field.name), value.to_owned()));
        }
        let line = |(table, chain, text): &Line| Placed {
            table: *table,
            chain,
            text: filled.iter().fold((*text).to_owned(), |text, (at, v)| text.replace(at, v)),
        };
        Ok(self.lines(family).iter().map(line).collect())
    }

    /// Puts the rules before the others of their chains, in their order.
    pub fn put(
        &self,
        rules: &Ruleset,
        values: &[(&str, String)],
    ) -> Result<Ruleset, TemplateError> {
        let mut rules = rules.clone();
        for Placed { table, chain, text } in self.rules(values, rules.family)?.into_iter().rev() {
            let change = Change::Insert { at: 1, text: text.clone() };
            rules = edit(&rules, &Edit { table, chain: chain.to_owned(), change })
                .map_err(|source| TemplateError::Rule { rule: text, source })?;
        }
        Ok(rules)
    }

    fn lines(&self, family: Family) -> &'static [Line] {
        match family {
            Family::V4 => self.v4,
            Family::V6 => self.v6,
        }
    }
}

impl Field {
    pub fn first(&self, family: Family) -> &'static str {
        let [v4, v6] = self.at_first;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Severity, lint, parse};
    use super::*;

    fn of(id: &str) -> &'static Template {
        ALL.iter().find(|template| template.id == id).unwrap()
    }

    fn empty(family: Family) -> Ruleset {
        parse("*filter\n:INPUT DROP\n:FORWARD DROP\n:OUTPUT ACCEPT\n-A INPUT -p tcp -j REJECT\nCOMMIT\n", family).unwrap()
    }

    #[test]
    fn every_template_as_it_is_at_first_is_taken_and_without_errors() {
        for template in &ALL {
            for family in [Family::V4, Family::V6].into_iter().filter(|f| template.is_for(*f)) {
                let rules = template.put(&empty(family), &[]).unwrap();
                let errors: Vec<_> =
                    lint(&rules).into_iter().filter(|f| f.severity == Severity::Error).collect();
                assert!(errors.is_empty(), "{} {family:?}: {errors:?}", template.id);
                let text = super::super::render(&rules);
                assert!(!text.contains(['{', '}']), "{text}");
            }
        }
    }

    #[test]
    fn the_rules_come_first_and_in_order() {
        let values = [("console", "192.0.2.9".to_owned()), ("port", "2222".to_owned())];
        let rules = of("ssh_rate").put(&empty(Family::V4), &values).unwrap();
        let input: Vec<&str> = rules.rules().map(|(_, _, rule)| rule.text.as_str()).collect();
        assert_eq!(input[0], "-s 192.0.2.9 -p tcp -m tcp --dport 2222 -j ACCEPT");
        assert!(input[1].contains("--hashlimit-above 6/minute") && input[1].contains("2222"));
        assert_eq!(input[2], "-p tcp -j REJECT");
    }

    #[test]
    fn a_value_is_one_word_and_says_what_is_wrong_with_it() {
        for bad in ["", "192.0.2.1 -j ACCEPT", "-j", "\"x"] {
            let error =
                of("block").put(&empty(Family::V4), &[("from", bad.to_owned())]).unwrap_err();
            assert!(
                matches!(error, TemplateError::Value { field: "from", .. }),
                "{bad:?}: {error}"
            );
        }
        let error =
            of("block").put(&empty(Family::V4), &[("from", "nowhere".to_owned())]).unwrap_err();
        assert!(error.to_string().contains("found nowhere"), "{error}");
    }
}
