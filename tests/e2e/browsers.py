"""Headless Chromium with the few words that end-to-end tests need."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import (
    ElementClickInterceptedException,
    StaleElementReferenceException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="Chromium and its driver are missing"
)
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)
PATIENCE_SECONDS = 30.0


class Browser:
    """One window."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def until(self, ask: Callable[[], Any]) -> Any:
        """Wait until the answer is true, and give it."""
        waiting = WebDriverWait(self.driver, PATIENCE_SECONDS, poll_frequency=0.1)
        return waiting.until(lambda _: ask())

    def find(self, css: str, words: str = "") -> WebElement:
        """Wait for a visible element with these words inside; the last of several."""

        def found() -> WebElement | None:
            for one in reversed(self.driver.find_elements(By.CSS_SELECTOR, css)):
                with suppress(StaleElementReferenceException):
                    if one.is_displayed() and words in one.text:
                        return one
            return None

        element: WebElement = self.until(found)
        return element

    def tap(self, css: str, words: str = "") -> None:
        """Tap an element; a page that is just drawing itself anew is tapped again."""

        def tapped() -> bool:
            with suppress(StaleElementReferenceException, ElementClickInterceptedException):
                self.find(css, words).click()
                return True
            return False

        self.until(tapped)

    def enter(self, css: str) -> None:
        """Go into a frame of the present one."""
        self.driver.switch_to.frame(self.find(css))

    def leave_frames(self) -> None:
        self.driver.switch_to.default_content()

    def type(self, phone: str, words: str) -> None:
        """Write into a phone's chat and send it. The phone may turn to its menu meanwhile, as soon
        as it has heard of one; then it is turned back."""

        def box() -> WebElement | None:
            with suppress(StaleElementReferenceException, ElementClickInterceptedException):
                for one in self.driver.find_elements(By.CSS_SELECTOR, f"{phone} textarea"):
                    if one.is_displayed():
                        return one
                keyboard = f'{phone} [aria-label="切换到键盘"]'
                for button in self.driver.find_elements(By.CSS_SELECTOR, keyboard):
                    button.click()
            return None

        element: WebElement = self.until(box)
        element.send_keys(words, Keys.ENTER)

    def complaints(self) -> list[str]:
        """What the console has complained about since the last look. A page without an icon is
        no fault, although Chromium asks for one by itself."""
        logged = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        severe = [line["message"] for line in logged if line["level"] == "SEVERE"]
        return [message for message in severe if "/favicon.ico" not in message]


@contextmanager
def opened(width: int, height: int, *, phone: bool = False) -> Iterator[Browser]:
    """A window; with `phone` as narrow as a phone's screen, which a window could not be."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--window-size={width},{height}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        if phone:
            screen = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        yield Browser(driver)
    finally:
        driver.quit()
