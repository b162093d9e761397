//! Addresses that lead elsewhere than a lab's owner may point.

use super::*;

#[test]
fn only_the_public_internet_is_called() {
    let barred = [
        "http://127.0.0.1:8000",
        "http://127.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://10.1.2.3/",
        "http://100.64.0.1/",
        "http://100.127.255.255/",
        "http://169.254.169.254/",
        "http://172.16.0.1/",
        "http://172.31.255.255/",
        "http://192.0.0.8/",
        "http://192.168.1.1/",
        "http://198.18.0.1/",
        "http://203.0.113.9/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[::1]/",
        "http://[::]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[::8.8.8.8]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::808:808]/",
        "http://[fe80::1]/",
        "http://[fc00::1]/",
        "http://[fd12:3456::1]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://[2001::1]/",
        "http://[2001:db8::1]/",
        "http://[2002:7f00:1::]/",
        "http://localhost:8000/",
        "http://LOCALHOST./",
        "http://lava.localhost/",
    ];
    for address in barred {
        let refused = allowed(address, false).expect_err(address).to_string();
        assert!(refused.contains("public internet"), "{address}: {refused}");
    }
    for address in [
        "https://lava.example.org",
        "https://lava.example.org/lab/",
        "http://8.8.8.8:8000",
        "http://100.63.255.255",
        "http://100.128.0.1",
        "http://172.15.0.1",
        "http://172.32.0.1",
        "http://[2606:4700::1111]",
        "http://[64:ff9b::808:808]",
    ] {
        assert_eq!(allowed(address, false), Ok(()), "{address}");
    }
}

#[test]
fn a_configuration_may_allow_private_networks() {
    for address in [
        "http://127.0.0.1:8000",
        "http://10.1.2.3",
        "http://[::1]",
        "http://localhost",
    ] {
        assert_eq!(allowed(address, true), Ok(()), "{address}");
    }
    for address in ["http://224.0.0.1", "http://0.0.0.0", "http://[ff02::1]"] {
        assert!(allowed(address, true).is_err(), "{address}");
    }
}

#[test]
fn an_address_is_http_and_holds_no_secret() {
    for (address, fault) in [
        ("lava.example.org", "no URL"),
        ("ftp://lava.example.org", "neither http nor https"),
        ("file:///etc/passwd", "neither http nor https"),
        ("https://user:hunter2@lava.example.org", "user or password"),
        ("https://lava.example.org/?token=hunter2", "query"),
        ("https://lava.example.org/#hunter2", "query or fragment"),
    ] {
        let refused = base(address).expect_err(address).to_string();
        assert!(refused.contains(fault), "{address}: {refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
    assert_eq!(
        base(" https://LAVA.example.org:443/lab/ ").as_deref(),
        Ok("https://lava.example.org/lab")
    );
}
