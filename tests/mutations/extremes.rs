//! Inputs that were once too much, or were made to be.

/// Suites that are large, deep, or expand.
pub fn suites() -> Vec<Vec<u8>> {
    let key = "k".repeat(500_000);
    let list = "1, ".repeat(90_000 - 1) + "1";
    let mut texts = vec![
        format!("{key}: [{list}]\n"),
        format!("{}: [{list}]\n", "k".repeat(1000)),
        nested_keys(32),
        nested_keys(1000),
        billion_laughs(),
        format!(
            "a: &a {}\nb: [{}]\n",
            "x".repeat(200_000),
            "*a, ".repeat(20_000)
        ),
        format!(
            "a: &a {{{}: 1}}\nb: [{}]\n",
            "k".repeat(1000),
            "*a, ".repeat(1000)
        ),
        format!("seeds: [{list}]\n"),
        "[".repeat(20_000),
    ];
    for unit in [
        "[",
        "{",
        "- ",
        "? ",
        "&a ",
        "*a ",
        "!a ",
        "# ",
        "\n",
        "\"",
        "'",
        "|\n",
        "a: ",
        "\t",
        ": ",
        ",",
        "a\n",
        "- a\n",
        "{a: ",
        "[a, ",
        "---\n",
        "\u{feff}",
        "\r",
        "a: b\n",
        "%\n",
        "\"\\u0041",
        " ",
        "x",
    ] {
        texts.push(unit.repeat((1 << 20) / unit.len()));
    }
    let in_suite =
        |tail: &str| format!("name: x\nseeds: 1\nbudget: {{steps: 1, evaluate_every: 1}}\n{tail}");
    texts.push(in_suite(&format!(
        "description: {}\n",
        "d".repeat(1_000_000)
    )));
    let distinct = |axis: &str, count: usize| {
        let entries: Vec<String> = (1..=count)
            .map(|k| format!("{{mlp: {{hidden: [{k}]}}}}"))
            .collect();
        in_suite(&format!("matrix: {{{axis}: [{}]}}\n", entries.join(", ")))
    };
    texts.push(distinct("actor", 1000));
    texts.push(distinct("actor", 20_000));
    let whole = |seeds: &str, matrix: &str, more: &str| {
        format!(
            "name: x\nseeds: {seeds}\nbudget: {{steps: 100, evaluate_every: 100}}\nmatrix: {matrix}\n{more}"
        )
    };
    let small = "{actor: [mlp], agent: [td3], environment: [Pendulum-v1]}";
    for seeds in ["10000", "1000000000000", "18446744073709551615"] {
        texts.push(whole(seeds, small, ""));
    }
    let wide: Vec<String> = (1..=100)
        .map(|k| format!("{{mlp: {{hidden: [{k}]}}}}"))
        .collect();
    let agents: Vec<String> = (1..=100)
        .map(|k| format!("{{td3: {{batch_size: {k}}}}}"))
        .collect();
    let crossed = format!(
        "{{actor: [{}], agent: [{}], environment: [Pendulum-v1]}}",
        wide.join(", "),
        agents.join(", ")
    );
    texts.push(whole("1", &crossed, ""));
    let exclusions = vec!["{seed: 0, actor: mlp}"; 1000].join(", ");
    texts.push(whole("10000", small, &format!("exclude: [{exclusions}]\n")));
    for hidden in ["[4294967295]", "[1048576, 1048576]", "[60000, 60000]"] {
        let matrix = small.replace("[mlp]", &format!("[{{mlp: {{hidden: {hidden}}}}}]"));
        texts.push(whole("1", &matrix, ""));
    }
    texts.into_iter().map(String::into_bytes).collect()
}

/// Keys of 1 kB within one another.
fn nested_keys(levels: usize) -> String {
    let mut text = String::new();
    for level in 0..levels {
        if text.len() > 700_000 {
            break;
        }
        text.push_str(&format!("{}{}:\n", " ".repeat(level), "k".repeat(1000)));
    }
    text + &" ".repeat(levels) + "x: [" + &"1, ".repeat(20_000) + "1]\n"
}

fn billion_laughs() -> String {
    let mut text = String::from("a0: &a0 [lol, lol]\n");
    for level in 1..40 {
        let below = level - 1;
        text.push_str(&format!("a{level}: &a{level} [*a{below}, *a{below}]\n"));
    }
    text
}

/// Tables of scores with many columns, many runs, long cells and scores that hardly differ.
pub fn scores() -> Vec<Vec<u8>> {
    let head = "method,task,seed,score\n";
    let rows = |count: usize| -> String { (0..count).map(|k| format!("a,t,{k},{k}\n")).collect() };
    let mut texts = vec![
        ",".repeat(1 << 20),
        format!("{head}{}", rows(50_000)),
        format!("{head}a,t,0,{}\n", "9".repeat(1_000_000)),
        format!("{head}{},t,0,1\n", "a".repeat(1_000_000)),
        format!("{head}\"{}", "\"\"".repeat(500_000)),
        "#\n".repeat(500_000),
        "\r\n".repeat(500_000),
        format!("method,task,seed,score{}\n", ",x".repeat(200_000)),
    ];
    for (low, high) in [
        ("0", "5e-324"),
        ("0", "1e-308"),
        ("1e-308", "1.5e-308"),
        ("-1e150", "1e150"),
    ] {
        let run = |method: &str, seed: usize, score: &str| format!("{method},t,{seed},{score}\n");
        let of = |method: &str| -> String {
            [low, high, low]
                .iter()
                .enumerate()
                .map(|(seed, score)| run(method, seed, score))
                .collect()
        };
        texts.push(format!("{head}{}{}", of("a"), of("b")));
    }
    texts.into_iter().map(String::into_bytes).collect()
}

/// JSON that is deep, long, or has numbers beyond any type.
pub fn json() -> Vec<Vec<u8>> {
    let texts = [
        "[".repeat(1 << 20),
        "{\"a\":".repeat(200_000),
        format!("\"{}\"", "\\u0041".repeat(170_000)),
        "9".repeat(1 << 20),
        format!("{{\"format\": {}}}", u64::MAX),
        format!("[{}1]", "1,".repeat(500_000)),
        " ".repeat(1 << 20),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}

/// Files of tensors whose head lies about what follows.
pub fn weights() -> Vec<Vec<u8>> {
    let with_head = |length: u64, head: &str| [&length.to_le_bytes(), head.as_bytes()].concat();
    let tensor = |shape: &str, offsets: &str| {
        let head =
            format!("{{\"a\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}");
        with_head(head.len() as u64, &head)
    };
    vec![
        with_head(u64::MAX, "{}"),
        with_head(100_000_000, "{}"),
        with_head(0, ""),
        tensor("[18446744073709551615,2]", "[0,4]"),
        tensor("[4294967296,4294967296]", "[0,0]"),
        tensor("[1]", "[4,0]"),
        tensor("[1]", "[18446744073709551612,18446744073709551615]"),
        vec![0; 1 << 20],
        vec![255; 1 << 20],
    ]
}

/// Tables of actions that are long or wide.
pub fn actions() -> Vec<Vec<u8>> {
    let texts = [
        "0,0\n".repeat(250_000),
        ",".repeat(1 << 20),
        "\n".repeat(1 << 20),
        "9".repeat(1 << 20),
    ];
    texts.into_iter().map(String::into_bytes).collect()
}
