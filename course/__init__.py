"""The teaching material: chapters (`source`), digits (`data`), drawing (`figures`), earlier results (`known`)."""
