#!/bin/sh
# Makes every secret that can be made here, once, as files in deploy/secrets; run again it changes
# nothing. What only the platform can give (wechat_secret, the payment keys …) is left as an empty
# file to be filled: see .env.example.
set -eu
cd "$(dirname "$0")/secrets"
# The containers' users must be able to read the files; other people here cannot enter the folder.
chmod 700 .
umask 077

keep() { # keep NAME COMMAND…: write the command's output to a file that does not exist yet
    name=$1
    shift
    [ -e "$name" ] && return
    "$@" > ".$name.new"
    chmod 444 ".$name.new"
    mv ".$name.new" "$name"
    echo "made $name"
}
letters() { openssl rand -base64 96 | tr -dc 'A-Za-z0-9' | cut -c "1-$1" | tr -d '\n'; }
# The last of its 43 letters stands for four bits only; A is right for every base64 reader.
aes_key() { printf '%sA' "$(letters 42)"; }
field_key() { printf '1:%s' "$(openssl rand -base64 32)"; }
address() { printf 'postgresql://house:%s@postgres/house' "$(cat postgres_password)"; }

keep secret_key letters 64
keep field_keys field_key
keep blind_index_key letters 64
keep postgres_password letters 40
keep database_url address
keep nlu_school_key letters 40
keep receipt_key letters 40
keep wechat_token letters 32
keep wechat_aes_key aes_key
keep wechat_pay_apiv3_key letters 32
for given in wechat_secret wechat_aes_key_previous blind_index_key_previous wechat_pay_private_key wechat_pay_public_key \
    alipay_private_key alipay_public_key sms_key mail_key; do
    keep "$given" true
done
if [ ! -e tls_certificate ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
        -keyout tls_key -out tls_certificate 2>/dev/null
    chmod 444 tls_key tls_certificate
    echo "made tls_certificate, self-signed: put the real one and its key here before going live"
fi
